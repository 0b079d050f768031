"""Stream time: the greatest time a task has seen in its input, in milliseconds.

Invariant 8: no decision depends on the clock on the wall. Stream time is kept in the metadata of
the committed offsets, so that it goes on where it stopped and a restart decides what an
undisturbed run decides.
"""

from collections.abc import Sequence

from workers.processor import Record

__all__ = ["event_moment", "from_metadata", "latest_moment", "to_metadata"]

_PREFIX = "t="


def event_moment(event_time: int, record_timestamp: int) -> int:
    """How far an event moves stream time: a date in the future counts as when it was written."""
    return min(event_time, record_timestamp) if record_timestamp > 0 else event_time


def latest_moment(times: Sequence[int], records: Sequence[Record], now: int) -> int:
    """Stream time after the events of ``records``, whose event times are ``times``."""
    newest = max(times, default=0)
    if newest <= now:  # none can move it
        return now
    written = records[times.index(newest)].timestamp
    if event_moment(newest, written) == newest:  # no other can move it further
        return newest
    pairs = zip(times, records, strict=True)
    return max([now, *(event_moment(at, one.timestamp) for at, one in pairs)])


def to_metadata(stream_time: int) -> str:
    """Stream time as offset metadata."""
    return f"{_PREFIX}{stream_time}"


def from_metadata(metadata: str) -> int:
    """Stream time from offset metadata; 0 where there is none."""
    text = metadata.removeprefix(_PREFIX)
    return int(text) if metadata.startswith(_PREFIX) and text.isdigit() else 0
