"""Runs children side by side: starts them in order, watches them, stops them in order."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from workers.runtime.child import Child, ChildSpec
from workers.runtime.stop_limit import STOP_SECONDS

__all__ = ["ChildDiedError", "Supervisor"]

log = structlog.get_logger(__name__)

_PATIENCE_SECONDS = STOP_SECONDS + 1.0
"""From when the last is asked to stop: a role that drains ends by its own limit before."""
_HEAD_START_SECONDS = 0.5
"""What each has for itself before the next is asked to stop, too."""
_RESTARTS = 5
_MAX_PAUSE_SECONDS = 30.0
_RESTART_WINDOW_SECONDS = 600.0


class ChildDiedError(Exception):
    """A child ended that should not have. The message names it, its exit and its last words."""


@dataclass(slots=True)
class _Watched:
    child: Child
    started: list[float] = field(default_factory=list)


class Supervisor:
    """The children of one command.

    ``restart`` starts a child again that has died, at most five times in ten minutes; without
    it, the first death ends the run.
    """

    def __init__(
        self,
        specs: Sequence[ChildSpec],
        *,
        restart: bool,
        start: Callable[[ChildSpec], Child] = Child,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._specs = specs
        self._restart = restart
        self._start = start
        self._monotonic = monotonic
        self._watched: list[_Watched] = []

    @property
    def children(self) -> Sequence[Child]:
        """Those that were started, in order."""
        return [watched.child for watched in self._watched]

    def start(self) -> None:
        """Start all, in order."""
        for spec in self._specs:
            self._watched.append(_Watched(self._start(spec), [self._monotonic()]))

    def check(self) -> None:
        """Look after the children; call it every now and then. Raises ``ChildDiedError``."""
        for watched in self._watched:
            code = watched.child.exit_code
            if code is None:
                continue
            if not self._restart or self._too_often(watched):
                raise ChildDiedError(_obituary(watched.child, code))
            if self._monotonic() < watched.started[-1] + self._pause(watched):
                continue
            log.warning("role_restarts", role=watched.child.spec.name, exit_code=code)
            watched.started.append(self._monotonic())
            watched.child = self._start(watched.child.spec)

    def stop(self) -> None:
        """Stop all: sources are asked first, then who reads what they wrote, and so on.

        Who still runs ``_PATIENCE_SECONDS`` after the last was asked is killed, so the whole takes
        no longer than that and half a second for each.
        """
        for watched in self._watched:
            watched.child.terminate()
            watched.child.wait(_HEAD_START_SECONDS)
        deadline = self._monotonic() + _PATIENCE_SECONDS
        for watched in self._watched:
            watched.child.wait(deadline - self._monotonic())
            watched.child.kill()
        self._watched.clear()

    @staticmethod
    def _pause(watched: _Watched) -> float:
        """Seconds between two starts: longer with every death."""
        return float(min(_MAX_PAUSE_SECONDS, 2 ** (len(watched.started) - 1)))

    def _too_often(self, watched: _Watched) -> bool:
        since = self._monotonic() - _RESTART_WINDOW_SECONDS
        return sum(1 for moment in watched.started if moment > since) > _RESTARTS


def _obituary(child: Child, code: int) -> str:
    ended = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
    return (
        f"role {child.spec.name} {ended}. Last lines of {child.spec.log_file}:\n"
        f"{child.last_lines()}"
    )
