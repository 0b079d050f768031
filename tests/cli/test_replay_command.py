"""``productops replay``, ``state`` and ``offsets`` as typed: what is refused, what is shown."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from workers.cli.main import main
from workers.cli.replay.report import Told, tell
from workers.streaming.rebuilding.replay import Replayed

SINCE = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def configured(tmp_path: Path) -> dict[str, str]:
    """An environment with a configuration and without a broker."""
    (tmp_path / "team.yaml").write_text(
        "company: Northwind\npeople: [{id: ana, name: Ana}]\nareas: []\n", encoding="utf-8"
    )
    (tmp_path / "routes.yaml").write_text(
        "receivers: [{name: all, webhook: {url: 'http://127.0.0.1:1/', secret: '${SECRET}'}}]\n"
        "route: {receiver: all}\n",
        encoding="utf-8",
    )
    (tmp_path / "sources.yaml").write_text("sources: []\n", encoding="utf-8")
    return {
        "PRODUCTOPS_CONFIG_DIR": str(tmp_path),
        "PRODUCTOPS_STATE_DIR": str(tmp_path),
        "SECRET": "whsec_" + "c2VjcmV0" * 4,
    }


def run(environment: dict[str, str], *arguments: str) -> Result:
    """A command."""
    return CliRunner().invoke(main, arguments, env=environment)


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["replay", "delivery", "--from", "90d"], "role delivery is not replayed"),
        (["state", "clear", "delivery", "--yes"], "the state of role delivery is not cleared"),
    ],
)
def test_delivery_is_refused_with_the_reason(
    configured: dict[str, str], command: list[str], told: str
) -> None:
    """Its results are messages that people have got; no cluster is asked."""
    done = run(configured, *command)
    assert (done.exit_code, done.stdout) == (4, "")
    assert f"{told}: its results are messages that people have got" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["replay", "feedback"], "Missing option '--from'"),
        (["replay", "feedback", "--from", "soon"], "write 2026-03-01, 2026-03-01T09:00:00Z, or"),
        (["replay", "feedback", "--from", "2999-01-01"], "lies in the future"),
        (["replay", "archive", "--from", "1d"], "'archive' is not one of"),
        (["state", "clear", "feedback"], "see how many with --dry-run, then say --yes"),
        (["offsets", "reset", "feedback"], "give one of --to-earliest, --to-latest, --to and"),
        (["offsets", "reset", "feedback", "--to-latest", "--to", "1d"], "give one of"),
        (["offsets", "reset", "feedback", "--to", "2999-01-01"], "lies in the future"),
        (
            ["offsets", "reset", "feedback", "--to-offset", "3"],
            "name it by --topic and",
        ),
        (["offsets", "reset", "feedback", "--to-latest", "--partition", "4"], "partitions 0 to 3"),
        (
            ["offsets", "reset", "feedback", "--to-latest", "--topic", "x"],
            "role feedback reads feedback.item.received.v1, platform.clock.ticked.v1",
        ),
    ],
)
def test_wrong_usage_is_told(configured: dict[str, str], arguments: list[str], told: str) -> None:
    """With exit code 2, before any cluster is asked."""
    configured |= {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
    done = run(configured, *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert told in done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ["replay", "feedback", "--from", "1d"],
        ["state", "migrate", "feedback"],
        ["state", "show", "feedback", "desk:ticket:1"],
        ["state", "clear", "feedback", "--yes"],
        ["offsets", "show", "feedback"],
        ["offsets", "reset", "delivery", "--to-latest"],
    ],
)
def test_a_cluster_that_is_away_is_told(configured: dict[str, str], command: list[str]) -> None:
    """In one line with the setting to look at."""
    done = run(configured | {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}, *command)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "no Kafka answers at 127.0.0.1:1: check KAFKA_BOOTSTRAP_SERVERS" in done.stderr
    assert done.stderr.count("\n") == 1


def told(*, dry_run: bool) -> Told:
    """Two partitions of a replay."""
    one = Replayed(0, records=7, rows=4, changed=2)
    one.differences.update({("kind", "bug", "question"): 2, ("route", "", "payments"): 1})
    begins = int((SINCE + timedelta(days=2)).timestamp() * 1000)
    other = Replayed(1, records=5, unreadable=1, rows=3, changed=1, begins=begins)
    other.differences.update({("kind", "bug", "question"): 1})
    return Told("feedback", SINCE, 2, dry_run=dry_run, partitions=[one, other])


def test_the_outcome_is_a_short_table(capsys: pytest.CaptureFixture[str]) -> None:
    """Sums over the partitions, the differences with how many rows, remarks apart from it."""
    tell(told(dry_run=True), as_json=False)
    shown = capsys.readouterr()
    lines = [line.split() for line in shown.out.splitlines()]
    assert lines == [
        ["since", "2026-03-01", "09:00:00", "UTC"],
        ["records", "read", "12"],
        ["decided", "anew", "7"],
        ["would", "be", "different", "3"],
        ["kind", "bug", "->", "question", "3"],
        ["route", "->", "payments", "1"],
    ]
    assert "1 record(s) could not be read or handled; they are dead letters already" in shown.err
    assert "retention has removed records before 2026-03-03 09:00:00 UTC" in shown.err


def test_programs_get_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    """The same, with each partition."""
    tell(told(dry_run=False), as_json=True)
    shown = json.loads(capsys.readouterr().out)
    assert (shown["role"], shown["since"], shown["dry_run"]) == (
        "feedback",
        "2026-03-01T09:00:00+00:00",
        False,
    )
    assert [shown[name] for name in ("records", "unreadable", "rows", "changed")] == [12, 1, 7, 3]
    assert shown["differences"] == [
        {"what": "kind", "before": "bug", "after": "question", "rows": 3},
        {"what": "route", "before": None, "after": "payments", "rows": 1},
    ]
    assert [one["partition"] for one in shown["partitions"]] == [0, 1]
