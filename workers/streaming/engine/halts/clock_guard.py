"""No record from the future moves stream time, which never goes back.

Topics take no record dated more than ``AHEAD_MS`` after the broker's clock. This is for what was
written before they were set up so, or to a cluster that does not know the setting: one tick of
2099 would expire every row of state for good.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter

from schemas.topics import AHEAD_MS
from workers.processor import Record
from workers.streaming.engine.halts.halt import HaltError

__all__ = ["ClockAheadError", "check_dates"]

_SLACK_MS = 60_000
"""Between the broker's clock and ours: what a broker just took must not halt us."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_timestamp = attrgetter("timestamp")
_LAST_MS = 253_402_300_799_999
"""The end of the year 9999; later ones cannot be shown."""


class ClockAheadError(HaltError):
    """A record is dated further ahead of this machine's clock than clocks may differ."""

    passing = True
    remedy = (
        "find out which clock is wrong. If it is this machine's: set it (NTP; timedatectl tells "
        "whether it is on), and the role goes on by itself within minutes. If it was the writer's: "
        "set it, stop the role, move its group behind the record with `productops offsets reset "
        "ROLE --topic TOPIC --partition P --to-offset N`, N being the offset after it, and start "
        "it again. `productops topics apply` makes Kafka refuse them from then on"
    )


def check_dates(records: Sequence[Record], wall: int) -> None:
    """Raises ``ClockAheadError`` for the first record too far ahead of ``wall``.

    ``wall`` is this machine's time in milliseconds. Times within events do not matter here:
    they count for stream time up to when their record was written.
    """
    latest = wall + AHEAD_MS + _SLACK_MS
    if max(map(_timestamp, records), default=0) <= latest:
        return
    record = next(record for record in records if record.timestamp > latest)
    raise ClockAheadError(
        f"{record.topic} partition {record.partition} offset {record.offset} is dated "
        f"{_shown(record.timestamp)}, but this machine's clock says {_shown(wall)}: stream time "
        "would be ahead for good, and rows of state would expire by it"
    )


def _shown(moment: int) -> str:
    return f"{_EPOCH + timedelta(milliseconds=min(moment, _LAST_MS)):%Y-%m-%d %H:%M:%S UTC}"
