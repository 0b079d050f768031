"""What is done to the roles of the product while the seeded company's items flow through them."""

import os
import random
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.integration.chaos.judging.verdict import Verdict
from tests.integration.company import Company, company
from workers.demo.loopback import answers

__all__ = ["kill_roles_at_random"]

_COMPLETE_SECONDS = 300


class _Killer:
    """Kills each role so many times, at random points of what flows through it.

    A role that is down at such a point is killed as soon as it is up again.
    """

    def __init__(self, running: Company, each: int, seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311 - a fixed course of events, no secret
        self.kills = 0
        self.ended: set[int] = set()
        """Processes that ended by themselves."""
        self.last_kill_at = self.ready_at = time.monotonic()
        self._running = running
        self._points = {
            "feedback": sorted(chance.sample(range(50, 1_200), each)),
            "delivery": sorted(chance.sample(range(3, 40), each)),
        }
        self._dead: set[int] = set()

    def look(self) -> None:
        """Kill what is due."""
        children = self._running.stage.children
        for role, points in self._points.items():
            child = children.get(role)
            if child is None or child.pid in self._dead:
                continue
            if child.exit_code is not None:
                self.ended.add(child.pid)
            elif points and self._flowed()[role]() >= points[0]:
                points.pop(0)
                os.kill(child.pid, signal.SIGKILL)
                self._dead.add(child.pid)
                self.kills += 1
                self.last_kill_at, self.ready_at = time.monotonic(), 0.0
        if not self.ready_at and self._ready():
            self.ready_at = time.monotonic()

    def _flowed(self) -> Mapping[str, Callable[[], int]]:
        """How many records each role had to do with so far, about."""
        tally = self._running.tally
        return {
            "feedback": lambda: sum(map(len, tally.received.values())) + len(tally.routed),
            "delivery": lambda: len(tally.settled),
        }

    def _ready(self) -> bool:
        children = self._running.stage.children
        return all(
            children[role].pid not in self._dead and answers(children[role].spec.ready_url or "")
            for role in self._points
        )


def kill_roles_at_random(each: int, seed: int, folder: Path, jars: Path) -> Verdict:
    """SIGKILL feedback and delivery again and again; what the seed must produce is the oracle."""
    with company(folder, jars) as running:
        killer = _Killer(running, each, seed)
        running.watched_by(killer.look)
        report = running.run.until_complete(running.reader, seconds=_COMPLETE_SECONDS)
    if not report.ok:
        raise AssertionError("; ".join(report.missing))
    return Verdict(
        events=sum(report.received.values()),
        lost=0,
        doubled=0,
        outputs_equal=report.ok,
        state_equal=report.ok,
        letters_equal=report.ok,
        kills=killer.kills,
        seconds=max(0.0, killer.ready_at - killer.last_kill_at),
        deaths=len(killer.ended),
    )
