"""What the models promise to the workers that use them."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from workers.config.load import Configuration, Reading
from workers.config.receivers import Receiver, SlackApi, Webhook
from workers.config.routes import Route, Routes
from workers.config.sources import Source

NOW = datetime(2026, 3, 31, tzinfo=UTC)


@pytest.fixture
def configuration(read_folder: Callable[[], Reading]) -> Configuration:
    """The sound configuration."""
    found = read_folder().configuration
    assert found is not None
    return found


def test_team(configuration: Configuration) -> None:
    """People, teams and areas arrive as written, and are found by id."""
    team = configuration.team
    assert team.company == "Northwind Bikes"
    assert team.live_since == datetime(2026, 3, 1, tzinfo=UTC)
    ana, billing, payments = team.person("ana"), team.area("billing"), team.team("payments")
    assert ana is not None
    assert (ana.name, ana.slack) == ("Ana Costa", "U024BE7LH")
    assert billing is not None
    assert (billing.owner, billing.team, billing.keywords) == (
        "ana",
        "payments",
        ("invoice", "refund"),
    )
    assert payments is not None
    assert payments.lead == "ana"
    assert (team.person("x"), team.area("x"), team.team("x")) == (None, None, None)


def test_routes(configuration: Configuration) -> None:
    """The tree arrives as written; one condition needs no list."""
    (bugs,) = configuration.routes.route.routes
    assert configuration.routes.route.owner == "area"
    assert (bugs.match, bugs.receiver, bugs.due_in, bugs.continue_) == (
        ("kind = bug",),
        "tools",
        timedelta(hours=24),
        False,
    )


def test_receivers(configuration: Configuration, environ: dict[str, str]) -> None:
    """A receiver has one destination, with its secret resolved."""
    everybody, tools = (
        configuration.routes.receiver("everybody"),
        configuration.routes.receiver("tools"),
    )
    assert everybody is not None
    assert isinstance(everybody.destination, SlackApi)
    assert everybody.destination.token.get_secret_value() == environ["SLACK_BOT_TOKEN"]
    assert everybody.max_age == timedelta(hours=24)
    assert tools is not None
    assert isinstance(tools.destination, Webhook)
    assert tools.destination.secret.get_secret_value() == environ["HOOK_SECRET"]


def test_sources(configuration: Configuration, environ: dict[str, str]) -> None:
    """A source has its settings as its connector's own model."""
    support = configuration.source("support")
    assert support is not None
    assert support.every == timedelta(seconds=60)
    settings: Any = configuration.settings["support"]
    assert settings.subdomain == "northwind"
    assert settings.api_token.get_secret_value() == environ["DESK_TOKEN"]
    assert set(configuration.settings) == {"support", "old-survey"}


@pytest.mark.parametrize(
    ("since", "start"),
    [
        (None, NOW - timedelta(days=30)),
        ("2d", NOW - timedelta(days=2)),
        ("2026-01-02", datetime(2026, 1, 2, tzinfo=UTC)),
        ("2026-01-02T09:00:00+01:00", datetime(2026, 1, 2, 8, tzinfo=UTC)),
    ],
)
def test_where_the_first_pull_starts(since: str | None, start: datetime) -> None:
    """The first pull takes 30 days unless ``since`` says otherwise."""
    assert Source(name="a", connector="b", since=since).start(NOW) == start  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "route", [Route(match=("kind = bug",), receiver="a"), Route(), Route(owner="area")]
)
def test_the_root_takes_everything_somewhere(route: Route) -> None:
    """A root with conditions, or without a receiver, cannot be made."""
    receiver = Receiver(name="a", slack=SlackApi(channel="#a", token="x"))  # type: ignore[arg-type]
    with pytest.raises(ValidationError):
        Routes(receivers=(receiver,), route=route)


def test_text_stays_text(folder: Path, read_folder: Callable[[], Reading]) -> None:
    """Words that YAML would turn into something else arrive as they are written."""
    words = ["no", "on", "1e3", "007", "2026-03-01", "12:30:00", "0x1F", "true", '"null"', "1_000"]
    text = (folder / "team.yaml").read_text("utf-8")
    (folder / "team.yaml").write_text(
        text.replace("[invoice, refund]", f"[{', '.join(words)}]"), encoding="utf-8"
    )
    configuration = read_folder().configuration
    assert configuration is not None
    assert configuration.team.areas[0].keywords == tuple(word.strip('"') for word in words)


def test_anchors_repeat(folder: Path, read_folder: Callable[[], Reading]) -> None:
    """A block named with & may be repeated with *."""
    text = (folder / "team.yaml").read_text("utf-8")
    (folder / "team.yaml").write_text(
        text.replace("[invoice, refund]", "&k [invoice, refund]") + "    keywords: *k\n",
        encoding="utf-8",
    )
    configuration = read_folder().configuration
    assert configuration is not None
    assert configuration.team.areas[1].keywords == ("invoice", "refund")


def test_continue_is_written_without_an_underscore(
    folder: Path, read_folder: Callable[[], Reading]
) -> None:
    """``continue: yes`` is read, and a later sibling is then reachable."""
    text = (folder / "routes.yaml").read_text("utf-8")
    (folder / "routes.yaml").write_text(
        text.replace("match: kind = bug", "continue: yes") + "    - name: later\n", encoding="utf-8"
    )
    configuration = read_folder().configuration
    assert configuration is not None
    assert [route.continue_ for route in configuration.routes.route.routes] == [True, False]


def test_nothing_can_be_changed(
    configuration: Configuration, connectors: Mapping[str, Any]
) -> None:
    """A configuration is immutable."""
    del connectors
    with pytest.raises(ValidationError):
        configuration.team.people[0].name = "Somebody else"  # type: ignore[misc]


def test_nothing_and_null(folder: Path, read_folder: Callable[[], Reading]) -> None:
    """A field with nothing written has its default; ``null`` asks for no value."""
    path = folder / "sources.yaml"
    text = path.read_text("utf-8").replace(
        "path: history/survey.csv", "path: a.csv\n      unit: {}"
    )
    path.write_text(text.replace("{}", ""), encoding="utf-8")
    written = read_folder().configuration
    path.write_text(text.replace("{}", "null"), encoding="utf-8")
    null = read_folder().configuration
    assert written is not None
    assert null is not None
    assert written.settings["old-survey"].unit == "points"  # type: ignore[attr-defined]
    assert null.settings["old-survey"].unit is None  # type: ignore[attr-defined]


def test_null_where_a_value_is_needed(folder: Path, read_folder: Callable[[], Reading]) -> None:
    """``null`` for a required field is refused where it stands."""
    path = folder / "team.yaml"
    path.write_text(path.read_text("utf-8").replace("Northwind Bikes", "null"), encoding="utf-8")
    (finding,) = read_folder().findings
    assert (finding.line, finding.column) == (1, 10)
    assert finding.message == "`company` must be text, but is `null`"
