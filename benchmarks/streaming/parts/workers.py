"""The stateful job with one and with two worker processes.

Measured is the steady state: from the moment when every process has its tasks, to the moment when
95 in 100 events are committed; towards the end one of them may have nothing left to do.
"""

import sys
import time
from dataclasses import dataclass

from contenders import platform
from outcomes import counts_of, verdict
from running import EndedError
from session import Session
from table import table

from schemas.topics import PARTITIONS

__all__ = ["workers"]

_SECONDS = 900.0
_MOST = 0.95


@dataclass(frozen=True, slots=True)
class _Measured:
    processes: int
    per_second: float
    cpu_us: float
    memory_mb: int
    """Of the largest process."""
    right: str


def workers(session: Session) -> str:
    """One process, then two; a table."""
    found = []
    for processes in (1, 2):
        try:
            found.append(_measure(session, processes))
        except EndedError as error:
            print(f"{processes} processes: {error}; take more --events", file=sys.stderr)
        else:
            print(found[-1], flush=True)
    heads = ["worker processes", ">events/s", ">times one", ">CPU µs an event", ">peak MB"]
    return table(
        [*heads, "counts right"],
        [
            (
                one.processes,
                f"{one.per_second:,.0f}",
                f"{one.per_second / found[0].per_second:.2f}",
                f"{one.cpu_us:.1f}",
                one.memory_mb,
                one.right,
            )
            for one in found
        ],
    )


def _measure(session: Session, processes: int) -> _Measured:
    fed = session.plain
    events = fed.load.events
    run = session.run(platform(), "stateful", fed.topic)
    running = [session.started(run, 0) for _ in range(processes)]
    share = PARTITIONS // processes
    while any(one.tasks() != share for one in running):
        for one in running:
            one.poll(0.02)
    begun, before = time.monotonic(), session.committed(run)
    ended = session.await_committed(run, int(events * _MOST), _SECONDS)
    if ended is None:
        raise EndedError(f"{session.committed(run):,} of {events:,} events committed")
    committed = int(events * _MOST) - before
    if committed < events / 4:
        raise EndedError(f"{before:,} of {events:,} events were done before all had their tasks")
    session.await_committed(run, events, _SECONDS)
    for one in running:
        one.terminate()
    results = [one.result() for one in running]
    return _Measured(
        processes=processes,
        per_second=committed / (ended - begun),
        cpu_us=sum(one["cpu"] for one in results) / events * 1e6,
        memory_mb=max(one["memory_mb"] for one in results),
        right=verdict(counts_of(run), fed.expected),
    )
