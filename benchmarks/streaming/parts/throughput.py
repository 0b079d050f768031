"""CPU an event, events a second and peak memory of each job, everyone on the same load."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from contenders import OURS, Contender, Run
from outcomes import counts_of, verdict
from running import EndedError
from session import Session
from table import table

__all__ = ["throughput"]

_SECONDS = 900.0
_COMMIT_SECONDS = 15.0
_YEAR = 365 * 1_000_000


@dataclass(frozen=True, slots=True)
class _Measured:
    job: str
    name: str
    events: int
    cpu_us: float
    """CPU microseconds an event, from before the first connection to after an orderly close."""
    per_second: float
    """From the first event to the moment when all that came of the events is committed."""
    memory_mb: int
    right: str


def throughput(session: Session, jobs: Sequence[str]) -> str:
    """Run each job of each contender once; a table."""
    found: list[_Measured] = []
    for job in jobs:
        for contender in session.contenders(job):
            try:
                measured = _measure(session, contender, job)
            except EndedError as error:
                print(f"{contender.name}, {job}: {error}", file=sys.stderr)
                continue
            if measured is not None:
                found.append(measured)
                print(measured, flush=True)
    return "\n\n".join([_table(found), *_years(found)])


def _years(found: Sequence[_Measured]) -> Sequence[str]:
    """How long a year of analytics takes at our rate, where state is kept."""
    return [
        f"At this rate a year of a million events a day, {_YEAR:,} events, takes one process "
        f"{_YEAR / one.per_second / 60:.0f} minutes."
        for one in found
        if one.name.startswith(OURS) and one.job.endswith("stateful")
    ]


def _measure(session: Session, contender: Contender, job: str) -> _Measured | None:
    fed = session.input_of(contender, job)
    events = fed.load.events
    run = session.run(contender, job, fed.topic)
    running = session.start(run, events)
    if running is None:
        return None
    first = running.first("first", _SECONDS)
    last = running.seen(events, _SECONDS)
    ended = last["at"] if contender.tells_commits else _committed(session, run, events)
    result = running.result()
    counts = counts_of(run) if job.endswith("stateful") else None
    return _Measured(
        job=job,
        name=contender.name,
        events=result["events"],
        cpu_us=result["cpu"] / result["events"] * 1e6,
        per_second=events / (ended - first["at"]),
        memory_mb=result["memory_mb"],
        right=verdict(counts, fed.expected) if counts is not None else "",
    )


def _committed(session: Session, run: Run, events: int) -> float:
    ended = session.await_committed(run, events, _COMMIT_SECONDS)
    if ended is None:
        raise EndedError(f"closed with {session.committed(run):,} of {events:,} committed")
    return ended


def _table(found: Sequence[_Measured]) -> str:
    """Cheapest first, with each cost as a multiple of ours; no column that says the same of all."""
    ours = {one.job: one.cpu_us for one in found if one.name.startswith(OURS)}
    columns: list[tuple[str, Callable[[_Measured], str]]] = [
        ("job", lambda one: one.job.removeprefix("real-")),
        ("what", lambda one: one.name),
        (">CPU µs an event", lambda one: f"{one.cpu_us:.1f}"),
        (
            ">times ours",
            lambda one: f"{one.cpu_us / ours[one.job]:.2f}" if one.job in ours else "",
        ),
        (">events/s", lambda one: f"{one.per_second:,.0f}"),
        (">peak MB", lambda one: str(one.memory_mb)),
        (">events", lambda one: f"{one.events:,}"),
        ("counts right", lambda one: one.right),
    ]
    of_one_name = len({one.name for one in found}) == 1
    unused = {
        "job": len({one.job for one in found}) == 1,
        ">times ours": of_one_name,
        "counts right": not any(one.right for one in found),
    }
    kept = [(head, value) for head, value in columns if not unused.get(head)]
    ordered = sorted(found, key=lambda one: (one.job, one.cpu_us))
    return table([head for head, _ in kept], [[value(one) for _, value in kept] for one in ordered])
