"""From source to page and to people, with every role killed in the middle."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.integration.company import company
from workers.demo.reader import TopicReader
from workers.demo.stage import Stage
from workers.demo.tally import Tally
from workers.demo.verdict import Report

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(300)]


@dataclass
class Killer:
    """Kills each role once, each when its own moment has come."""

    stage: Stage
    tally: Tally
    killed: dict[str, int] = field(default_factory=dict)

    def moments(self) -> dict[str, Callable[[], bool]]:
        """When which role is in the middle of its work."""
        tally = self.tally
        return {
            "connectors": lambda: 0 < len(tally.received.get("support", ())) < 600,
            "feedback": lambda: len(tally.received.get("support", ())) > 100,
            "archive": lambda: len(tally.classified) > 50,
            "delivery": lambda: 3 < len(tally.settled) < len(tally.requested),
            "web": lambda: len(tally.routed) > 50,
        }

    def look(self) -> None:
        """Kill what is due."""
        children = self.stage.children
        for role, due in self.moments().items():
            if role not in self.killed and role in children and due():
                os.kill(children[role].pid, signal.SIGKILL)
                self.killed[role] = children[role].pid


@pytest.fixture(scope="module")
def outcome(
    tmp_path_factory: pytest.TempPathFactory, kafka_jars: Path
) -> Iterator[tuple[Report, Killer, TopicReader]]:
    """A whole run of the seeded company with its killings, judged at the end."""
    with company(tmp_path_factory.mktemp("full-path"), kafka_jars) as running:
        killer = Killer(running.stage, running.tally)
        running.watched_by(killer.look)
        report = running.run.until_complete(running.reader, seconds=200)
        yield report, killer, running.reader


def test_every_role_was_killed_in_the_middle(
    outcome: tuple[Report, Killer, TopicReader],
) -> None:
    """Each role was ended by SIGKILL once, while its work was not yet done."""
    _, killer, _ = outcome
    assert set(killer.killed) == {"connectors", "feedback", "archive", "delivery", "web"}
    children = killer.stage.children
    assert all(children[role].pid != pid for role, pid in killer.killed.items())


def test_everything_the_seed_must_produce_has_arrived(
    outcome: tuple[Report, Killer, TopicReader],
) -> None:
    """All items are received, classified, routed, announced and listed; none is missing."""
    report, _, _ = outcome
    assert report.missing == ()
    assert report.ok


def test_every_item_is_routed_exactly_once(outcome: tuple[Report, Killer, TopicReader]) -> None:
    """No item has two first routings, though the feedback worker was killed."""
    _, _, reader = outcome
    assert set(reader.tally.routed.values()) == {1}
    assert set(reader.tally.classified.values()) == {1}


def test_every_message_is_delivered_once(outcome: tuple[Report, Killer, TopicReader]) -> None:
    """The receiver's own record shows each idempotency key once, though delivery was killed."""
    report, _, reader = outcome
    assert report.notified == len(reader.tally.requested) > 0


def test_the_run_leaves_time_for_nothing_to_come_late(
    outcome: tuple[Report, Killer, TopicReader],
) -> None:
    """After the verdict nothing more is requested or routed: the run was really at its end."""
    report, _, reader = outcome
    before = (len(reader.tally.requested), sum(reader.tally.routed.values()))
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        list(reader.poll())
    assert (len(reader.tally.requested), sum(reader.tally.routed.values())) == before
    assert report.ok
