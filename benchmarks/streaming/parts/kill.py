"""A worker killed in the middle of its work and started again: how long, and are counts right."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from contenders import Contender, Run
from outcomes import counts_of, verdict
from running import EndedError, Running
from session import Session
from table import table

__all__ = ["kill"]

_SECONDS = 900.0
_SILENT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class _Survived:
    name: str
    events: int
    killed_at: int
    """Events it said to have handled."""
    committed: int
    """Events that its group had committed by then."""
    again_seconds: float
    """From SIGKILL to the first event handled by the new process."""
    caught_up_seconds: float
    """From SIGKILL to the last event that waited."""
    readable_seconds: float
    """From SIGKILL to the moment when readers of committed records get all of its results."""
    right: str


def kill(session: Session) -> str:
    """Kill each contender's stateful job about half-way; a table."""
    found: list[_Survived] = []
    for contender in session.contenders("stateful"):
        try:
            survived = _kill(session, contender)
        except EndedError as error:
            print(f"{contender.name}, killed: {error}", file=sys.stderr)
            continue
        if survived is not None:
            found.append(survived)
            print(survived, flush=True)
    return _table(found)


def _kill(session: Session, contender: Contender) -> _Survived | None:
    fed = session.input_of(contender, "stateful")
    events = fed.load.events
    run = session.run(contender, "stateful", fed.topic)
    running = session.start(run, events)
    if running is None:
        return None
    seen = running.seen(events // 2, _SECONDS)["events"]
    killed = running.kill()
    # Whoever starts again begins where its group stands: as many events are still to come. The
    # same command, the same folder for state on disk.
    committed = session.committed(run)
    again = session.start(run, events - committed)
    if again is None:
        return None
    first = again.first("first", _SECONDS)["at"]
    ended = _caught_up(session, run, again, events, committed)
    readable = session.await_readable(run, _SECONDS)
    if readable is None:
        raise EndedError(f"{run.results} cannot be read to its end")
    return _Survived(
        name=contender.name,
        events=events,
        killed_at=seen,
        committed=committed,
        again_seconds=first - killed,
        caught_up_seconds=ended - killed,
        readable_seconds=readable - killed,
        right=verdict(counts_of(run), fed.expected),
    )


def _caught_up(session: Session, run: Run, again: Running, events: int, committed: int) -> float:
    """When it had handled what was left, and has closed in order.

    There are fewer where its last commit came through after we had asked for it: it waits for
    events that do not come, while its group has committed all there are.
    """
    while True:
        latest = [mark for mark in again.marks if "events" in mark][-1]
        if latest["events"] >= events - committed:
            again.result()
            return float(latest["at"])
        if again.poll(_SILENT_SECONDS) is None and session.committed(run) >= events:
            again.kill()
            return float(latest["at"])


def _table(found: Sequence[_Survived]) -> str:
    heads = ["what", ">events", ">handled before", ">committed before", ">s to the next event"]
    return table(
        [*heads, ">s to caught up", ">s to readable", "counts right"],
        [
            (
                one.name,
                f"{one.events:,}",
                f"{one.killed_at:,}",
                f"{one.committed:,}",
                f"{one.again_seconds:.1f}",
                f"{one.caught_up_seconds:.1f}",
                f"{one.readable_seconds:.1f}",
                one.right,
            )
            for one in found
        ],
    )
