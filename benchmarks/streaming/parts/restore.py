"""State read back from its changelog, and the memory that it takes.

The stateful job runs to its end; then a new process of the same group takes all four tasks over.
Beside it the platform's own function, on one partition after the other.
"""

from contenders import platform
from outcomes import counts_of, verdict
from session import Session
from table import table

from schemas.topics import PARTITIONS

__all__ = ["restore"]

_SECONDS = 900.0

Row = tuple[str, int, float, int]
"""What, keys, seconds, peak MB."""


def restore(session: Session) -> str:
    """Keys a second, and peak memory; a table."""
    fed = session.plain
    run = session.run(platform(), "stateful", fed.topic)
    full = session.started(run, fed.load.events)
    full.seen(fed.load.events, _SECONDS)
    memory = full.result()["memory_mb"]

    again = session.started(run, 0)
    assigned = again.first("assigned", _SECONDS)
    restored = [again.next("restored", _SECONDS) for _ in range(PARTITIONS)]
    again.terminate()
    took = max(mark["at"] for mark in restored) - assigned["at"]
    keys = sum(mark["rows"] for mark in restored)
    taken_over = again.result()["memory_mb"]

    rows: list[Row] = [
        ("a worker that takes over, its four tasks side by side", keys, took, taken_over),
        ("one partition after the other", *_alone(session, f"{run.name}.changelog")),
    ]
    right = verdict(counts_of(run), fed.expected)
    heads = ["what", ">keys", ">seconds", ">keys/s", ">peak MB"]
    made = [("the run that wrote it", f"{keys:,}", "", "", memory)]
    made += [(what, f"{n:,}", f"{s:.1f}", f"{n / s:,.0f}", mb) for what, n, s, mb in rows]
    return f"{table(heads, made)}\n\nCounts right after it: {right}."


def _alone(session: Session, changelog: str) -> tuple[int, float, int]:
    """Keys, seconds and peak memory of a process that does nothing but restore."""
    partitions = ",".join(map(str, range(PARTITIONS)))
    script = ["restore.py", "--servers", session.servers, "--topic", changelog]
    reader = session.tool([*script, "--partitions", partitions])
    begun = reader.first("begin", _SECONDS)["at"]
    restored = reader.first("restored", _SECONDS)
    return restored["rows"], restored["at"] - begun, reader.result()["memory_mb"]
