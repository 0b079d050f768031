"""Times as vendors write them, read with suspicion.

A time ahead of our clock is a clock that runs fast, a time zone left out, or a lie. Up to
``SKEW`` it is taken as now (the order of events is worth more than the exact minute of a
wrong clock); beyond, the record is wrong and becomes a dead letter, because an event from
next year would hold the stream's time hostage.
"""

import math
from datetime import UTC, datetime, timedelta, tzinfo

from connectors.base.errors import DataError

__all__ = ["SKEW", "not_ahead", "parse_moment"]

SKEW = timedelta(hours=24)
"""A time this far ahead is taken as now; it covers every mistaken time zone."""
_EARLIEST = datetime(1971, 1, 1, tzinfo=UTC)
_MILLISECONDS_FROM = 100_000_000_000
"""A number from here on counts milliseconds: as seconds it would be the year 5138."""


def parse_moment(
    value: object, field: str, *, form: str | None = None, zone: tzinfo = UTC
) -> datetime:
    """The moment in ISO 8601, as seconds or milliseconds since 1970, or in ``form`` (strptime).

    A time without a zone is in ``zone``. Raises ``DataError`` that names ``field``.
    """
    try:
        moment = _read(value, form)
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        expected = f"of the form {form}" if form else "ISO 8601 or seconds since 1970"
        raise DataError(f"{field} is no time: expected {expected}") from None
    if moment < _EARLIEST:
        raise DataError(f"{field} is before {_EARLIEST.year}: {moment.isoformat()}")
    return moment


def _read(value: object, form: str | None) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, bool) or value is None:
        raise ValueError
    text = str(value).strip()
    if form:
        return datetime.strptime(text, form)  # noqa: DTZ007 - the caller gives it its zone
    try:
        number = float(text)
    except ValueError:
        return datetime.fromisoformat(text)
    if len(text) == len("20260131") and text.isdigit():
        return datetime.fromisoformat(text)
    if not math.isfinite(number):
        raise ValueError
    return datetime.fromtimestamp(
        number / 1_000 if number >= _MILLISECONDS_FROM else number, tz=UTC
    )


def not_ahead(moment: datetime, field: str, now: datetime) -> datetime:
    """The moment, or ``now`` if it is a little ahead; raises ``DataError`` beyond ``SKEW``."""
    if moment <= now:
        return moment
    if moment - now > SKEW:
        raise DataError(
            f"{field} lies in the future: {moment.isoformat(timespec='seconds')} (it is "
            f"{now.isoformat(timespec='seconds')}); correct the record, or the clock it comes from"
        )
    return now
