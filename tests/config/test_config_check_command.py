"""``productops check`` as a person and a script see it."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree
from typing import Any, ClassVar

import httpx
import pytest
from click.testing import CliRunner, Result
from pydantic import BaseModel

from connectors.base.contract import Checkpoint, Health, Page
from connectors.base.registry import ConnectorContext
from workers.archive.engine import open_engine
from workers.archive.migrate import upgrade
from workers.cli.check import check
from workers.cli.connections import HEALTH_SECONDS, try_sources
from workers.config.load import Configuration, load
from workers.config.sources import Source

ROOT = Path(__file__).parents[2]
SECRETS = {
    "ZENDESK_SUBDOMAIN": "northwind",
    "ZENDESK_EMAIL": "a@b.example",
    "ZENDESK_API_TOKEN": "zendesk-value-1",
    "SLACK_BOT_TOKEN": "slack-value-1",
    "PRAISE_WEBHOOK_URL": "https://hooks.example.com/x",
    "INCIDENT_HOOK_SECRET": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
}


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A copy of the example configuration that reads files only, so that nothing is called."""
    folder = Path(copytree(ROOT / "deploy" / "example", tmp_path / "config"))
    text = (folder / "sources.yaml").read_text("utf-8")
    head, rest = text.split("  - name: support", 1)
    (folder / "sources.yaml").write_text(
        head + "  - name: survey-2025" + rest.split("  - name: survey-2025", 1)[1], encoding="utf-8"
    )
    return folder


def run(*arguments: str, tmp_path: Path, **environ: str) -> Result:
    """Run the command with these variables, its state in the test's folder."""
    variables: dict[str, str | None] = {
        "KAFKA_BOOTSTRAP_SERVERS": None,
        "PRODUCTOPS_DATABASE_URL": None,
        "PRODUCTOPS_CONFIG_DIR": None,
        "PRODUCTOPS_STATE_DIR": str(tmp_path / "state"),
        **dict.fromkeys(SECRETS),
        **environ,
    }
    return CliRunner().invoke(check, arguments, env=variables)


def test_sound(tmp_path: Path) -> None:
    """A sound configuration ends with 0, counts, and the depth that ran."""
    result = run(str(ROOT / "deploy" / "example"), tmp_path=tmp_path, **SECRETS)
    assert result.exit_code == 0, result.output
    assert "6 people, 3 teams, 6 areas, 5 receivers, 9 routes, 2 sources" in result.output
    assert "check passed (checked: files only" in result.output


def test_findings(tmp_path: Path, example: Path) -> None:
    """Findings end with 3; all of them are printed with their place and the remedy."""
    result = run(str(example), tmp_path=tmp_path)
    assert result.exit_code == 3
    assert f"{example}/routes.yaml:10:14 missing-variable" in result.output
    assert "fix: set SLACK_BOT_TOKEN" in result.output
    assert "5 findings in routes.yaml (checked: files only)" in result.output


def test_the_folder_of_the_environment(tmp_path: Path, example: Path) -> None:
    """Without DIR the folder is the one that PRODUCTOPS_CONFIG_DIR names."""
    result = run(tmp_path=tmp_path, PRODUCTOPS_CONFIG_DIR=str(example), **SECRETS)
    assert result.exit_code == 0, result.output
    assert str(example) in result.output


def test_json(tmp_path: Path, example: Path) -> None:
    """``--json`` prints one object with the same findings."""
    result = run(str(example), "--json", tmp_path=tmp_path)
    answer = json.loads(result.stdout)
    assert result.exit_code == 3
    assert (answer["ok"], answer["depth"], len(answer["findings"])) == (False, "offline", 5)
    first = answer["findings"][0]
    assert (first["line"], first["column"], first["code"]) == (10, 14, "missing-variable")
    assert set(first) == {"path", "line", "column", "code", "message", "remedy", "snippet"}


def test_json_of_a_sound_one(tmp_path: Path, example: Path) -> None:
    """``--json`` of a sound configuration has counts, no findings and no secret."""
    result = run(str(example), "--json", tmp_path=tmp_path, **SECRETS)
    answer = json.loads(result.stdout)
    assert (result.exit_code, answer["ok"], answer["findings"]) == (0, True, [])
    assert answer["counts"]["people"] == 6
    assert SECRETS["SLACK_BOT_TOKEN"] not in result.output


def test_without_secrets(tmp_path: Path, example: Path) -> None:
    """``--no-secrets`` passes without any variable and lists those the files take."""
    result = run(str(example), "--no-secrets", tmp_path=tmp_path)
    assert result.exit_code == 0, result.output
    assert "INCIDENT_HOOK_SECRET, PRAISE_WEBHOOK_URL, SLACK_BOT_TOKEN" in result.output


def test_without_secrets_there_is_no_connection(tmp_path: Path, example: Path) -> None:
    """``--no-secrets --connect`` is wrong usage."""
    result = run(str(example), "--no-secrets", "--connect", tmp_path=tmp_path)
    assert result.exit_code == 2


def test_unusable_variable(tmp_path: Path, example: Path) -> None:
    """An unusable variable of the system itself is a finding among the others."""
    result = run(str(example), tmp_path=tmp_path, PRODUCTOPS_WEB_PORT="http", **SECRETS)
    assert result.exit_code == 3
    assert "PRODUCTOPS_WEB_PORT='http' is no port" in result.output


def test_not_live(tmp_path: Path, example: Path) -> None:
    """A configuration that tells nobody anything says so, and is no fault."""
    team = example / "team.yaml"
    team.write_text(team.read_text("utf-8").replace("live_since:", "# live_since:"), "utf-8")
    result = run(str(example), tmp_path=tmp_path, **SECRETS)
    assert result.exit_code == 0
    assert "note: live_since is not set" in result.output


def test_connect_names_what_does_not_answer(tmp_path: Path, example: Path) -> None:
    """``--connect`` without Kafka ends with 1 and a numbered remedy; the rest is tried as well."""
    result = run(str(example), "--connect", tmp_path=tmp_path, **SECRETS)
    assert result.exit_code == 1, result.output
    assert "FAIL  kafka" in result.output
    assert "ok    database" in result.output
    assert "ok    source survey-2025" in result.output
    assert "1. kafka: set KAFKA_BOOTSTRAP_SERVERS" in result.output
    assert "1 of 3 connections failed" in result.output
    assert not (tmp_path / "state").exists()


def test_connect_reports_an_unusable_database(tmp_path: Path, example: Path) -> None:
    """A database URL that names no database of ours fails with the variable's name."""
    result = run(
        str(example),
        "--connect",
        "--json",
        tmp_path=tmp_path,
        PRODUCTOPS_DATABASE_URL="mysql://user:hidden-word@host/x",
        **SECRETS,
    )
    answer = json.loads(result.stdout)
    assert (result.exit_code, answer["ok"], answer["depth"]) == (1, False, "connect")
    (database,) = [each for each in answer["connections"] if each["name"] == "database"]
    assert not database["ok"]
    assert "PRODUCTOPS_DATABASE_URL" in database["remedy"]
    assert "hidden-word" not in result.output


def test_connect_reads_the_state_of_the_database(tmp_path: Path, example: Path) -> None:
    """Tables of this version are well; tables of another name the command that mends them."""
    url = f"sqlite:///{tmp_path}/archive.sqlite"
    engine = open_engine(url)
    upgrade(engine)

    def database() -> dict[str, Any]:
        result = run(
            str(example),
            "--connect",
            "--json",
            tmp_path=tmp_path,
            PRODUCTOPS_DATABASE_URL=url,
            **SECRETS,
        )
        return next(
            each for each in json.loads(result.stdout)["connections"] if each["name"] == "database"
        )

    assert database()["ok"]
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'other'")
    engine.dispose()
    assert not database()["ok"]
    assert "productops archive migrate" in database()["remedy"]


def test_connect_waits_for_findings(tmp_path: Path, example: Path) -> None:
    """With findings nothing is connected to, and that is said."""
    result = run(str(example), "--connect", tmp_path=tmp_path)
    assert result.exit_code == 3
    assert "connections were not tried" in result.output


class Stand(BaseModel):
    """Settings of a connector that does as it is told."""

    answer: str


class StandConnector:
    """A connector that is well, unwell or silent."""

    vendor: ClassVar[str] = "stand"

    def __init__(self, settings: Stand, closed: list[str]) -> None:
        self._settings = settings
        self._closed = closed

    async def pull(self, checkpoint: Checkpoint | None) -> AsyncIterator[Page]:
        """Nothing."""
        del checkpoint
        for page in ():
            yield page

    async def health(self) -> Health:
        """As the settings say."""
        if self._settings.answer == "silent":
            await asyncio.Event().wait()
        ok = self._settings.answer == "well"
        return Health(ok, self._settings.answer, "" if ok else "mend it")

    async def close(self) -> None:
        """Remember."""
        self._closed.append(self._settings.answer)


class Unheard:
    """An observer that nobody asks."""

    def waited(self, source: str, seconds: float, reason: str) -> None:
        """Nothing."""

    def budget_left(self, source: str, calls: float) -> None:
        """Nothing."""

    def failed(self, source: str, error_class: str) -> None:
        """Nothing."""


class Clock:
    """A clock whose waiting is over at once."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> datetime:
        """A moment."""
        return datetime(2026, 3, 1, tzinfo=UTC)

    def monotonic(self) -> float:
        """Nothing passes."""
        return 0.0

    async def sleep(self, seconds: float) -> None:
        """Over as soon as everybody else had a turn."""
        self.slept.append(seconds)
        for _ in range(20):
            await asyncio.sleep(0)


async def test_sources_are_tried(folder: Path) -> None:
    """Each source says how it is; one that does not answer is given up; all are closed."""
    answers = ("well", "unwell", "silent")
    (folder / "sources.yaml").write_text(
        "sources:\n"
        + "".join(
            f"- {{name: {answer}, connector: stand, settings: {{answer: {answer}}}}}\n"
            for answer in answers
        ),
        encoding="utf-8",
    )
    closed: list[str] = []

    @dataclass(frozen=True)
    class Spec:
        settings: type[BaseModel] = Stand

        def make(self, settings: Stand, context: ConnectorContext) -> StandConnector:
            assert context.source_name == settings.answer
            return StandConnector(settings, closed)

    specs: Mapping[str, Any] = {"stand": Spec()}
    environ = {"SLACK_BOT_TOKEN": "x", "HOOK_SECRET": SECRETS["INCIDENT_HOOK_SECRET"]}
    configuration: Configuration = load(folder, environ, connectors=specs)
    clock = Clock()

    def context(source: Source) -> ConnectorContext:
        return ConnectorContext(
            source_name=source.name,
            transport=httpx.MockTransport(lambda _: httpx.Response(500)),
            clock=clock,
            observer=Unheard(),
            since=source.start(clock.now()),
            folder=folder,
        )

    tried = await try_sources(configuration, context, clock, specs)
    assert [(each.name, each.ok) for each in tried] == [
        ("source well", True),
        ("source unwell", False),
        ("source silent", False),
    ]
    assert (tried[0].summary, tried[0].remedy) == ("well", "")
    assert tried[1].remedy == "mend it"
    assert "did not answer within 30 s" in tried[2].summary
    assert clock.slept == [HEALTH_SECONDS] * 3
    assert sorted(closed) == sorted(answers)
