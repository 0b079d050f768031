"""Whether a dead letter is settled: its newest failure and its newest settlement compared."""

from sqlalchemy import ColumnElement, and_, or_

from schemas.platform import SettledAs
from workers.archive.tables import dead_letters

__all__ = ["IS_SETTLED"]

_FAILED, _SETTLED = dead_letters.c.record_offset, dead_letters.c.settled_offset

IS_SETTLED: ColumnElement[bool] = and_(
    _SETTLED.is_not(None),
    or_(
        _FAILED.is_(None),
        _SETTLED > _FAILED,
        and_(
            dead_letters.c.settled_as == SettledAs.DROPPED.value,
            dead_letters.c.origin_offset < 0,
            dead_letters.c.digest.is_not(None),
            dead_letters.c.settled_digest.is_not(None),
            dead_letters.c.settled_digest == dead_letters.c.digest,
        ),
    ),
)
"""A source that gives a dropped record again, unchanged, does not open it."""
