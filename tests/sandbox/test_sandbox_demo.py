"""The demo's configuration: valid, matching the simulators, and stable over a second start."""

from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox.demo import Demo, Ports, prepare
from connectors.sandbox.slack import LARKFIELD
from connectors.sandbox.zendesk.options import ADMIN_EMAIL
from workers.config.load import load

PORTS = Ports(zendesk=9_001, slack=9_002)


@pytest.fixture
def demo(tmp_path: Path, clock: Any) -> Demo:
    """A prepared demo."""
    return prepare(tmp_path, PORTS, seed=3, now=clock.now())


def test_configuration_loads_without_a_finding(demo: Demo) -> None:
    """The written files are what the loader wants, with six people and three areas."""
    configuration = load(demo.config_dir, demo.environ)
    assert len(configuration.team.people) == 6
    assert [area.id for area in configuration.team.areas] == ["scheduling", "billing", "mobile"]
    assert configuration.routes.route.receiver == "triage"
    assert [source.name for source in configuration.sources] == ["support", "history"]


def test_configuration_matches_the_simulators(demo: Demo) -> None:
    """Channels, tokens, secrets and people are those the simulators know."""
    configuration = load(demo.config_dir, demo.environ)
    for receiver in configuration.routes.receivers:
        if receiver.slack is not None:
            channel = LARKFIELD.channel(receiver.slack.channel)
            assert channel is not None
            assert channel.member
            assert receiver.slack.token.get_secret_value() == LARKFIELD.token
            assert receiver.slack.api_url == "http://127.0.0.1:9002/api"
        if receiver.webhook is not None:
            name = receiver.webhook.url.rsplit("/", 1)[1]
            assert receiver.webhook.secret.get_secret_value() == LARKFIELD.hooks[name]
    assert {p.slack: p.name for p in configuration.team.people} == LARKFIELD.users
    support = configuration.sources[0]
    assert support.settings["base_url"] == "http://127.0.0.1:9001"
    assert support.settings["email"] == ADMIN_EMAIL


def test_everybody_owns_something(demo: Demo) -> None:
    """Each of the six product managers is the owner of an area or of a route."""
    configuration = load(demo.config_dir, demo.environ)
    owners = {area.owner for area in configuration.team.areas}
    waiting = [configuration.routes.route]
    while waiting:
        route = waiting.pop()
        owners.add(route.owner or "")
        waiting += route.routes
    assert owners >= {person.id for person in configuration.team.people}


def test_no_secret_stands_in_the_files(demo: Demo) -> None:
    """Secrets are referred to by name."""
    for path in demo.config_dir.glob("*.yaml"):
        text = path.read_text()
        assert not any(secret in text for secret in demo.environ.values())


def test_first_reading_reaches_back_to_the_beginning(demo: Demo, clock: Any) -> None:
    """The first pull starts before the oldest ticket; live_since is the expected one."""
    configuration = load(demo.config_dir, demo.environ)
    support = configuration.sources[0]
    assert support.start(clock.now()) < min(t.created_at for t in demo.company.tickets)
    assert configuration.team.live_since is not None
    assert configuration.team.live_since.isoformat() == demo.expected.live_since


def test_a_second_start_goes_on_with_the_same_company(
    demo: Demo, tmp_path: Path, clock: Any
) -> None:
    """Seed and founding moment stay, the history file is not touched, ports may move."""
    history = demo.config_dir / "history" / "nps.csv"
    before = history.stat().st_mtime_ns
    clock.advance(timedelta(days=2).total_seconds())
    again = prepare(tmp_path, Ports(9_101, 9_102), seed=99, now=clock.now())
    assert again.company == demo.company
    assert again.expected == demo.expected
    assert history.stat().st_mtime_ns == before
    configuration = load(again.config_dir, again.environ)
    support = configuration.sources[0]
    assert support.settings["base_url"] == "http://127.0.0.1:9101"


def test_commands_start_the_simulators_of_this_demo(demo: Demo) -> None:
    """Ports, seed, founding moment and state files are on the command line."""
    command = demo.zendesk_command(live=False)
    pairs = dict(pairwise(command))
    assert pairs["--port"] == "9001"
    assert pairs["--seed"] == "3"
    assert pairs["--now"] == demo.company.now.isoformat()
    assert "--paused" in command
    assert "--paused" not in demo.zendesk_command(live=True)
    assert pairs["--live"] == dict(pairwise(demo.zendesk_command(live=True)))["--live"]
    assert str(demo.slack_state) in demo.slack_command()
