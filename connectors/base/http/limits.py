"""Headers in which vendors speak about limits.

Sources: RFC 9110 10.2.3 (Retry-After: seconds or a date); the ``X-RateLimit-*`` family, where
vendors differ in whether the reset is a moment or a duration; Zendesk's
``zendesk-ratelimit-<endpoint>: total=10; remaining=9; resets=41``.
"""

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

import httpx

from connectors.base.http.budget import Allowance

__all__ = ["FieldHeader", "LimitHeaders", "NamedHeaders", "retry_after"]

_PAIR = re.compile(r"([a-z]+)\s*=\s*\"?(\d+(?:\.\d+)?)", re.IGNORECASE)
_MOMENT_FROM = 1_000_000_000
"""A reset from here on is a moment in seconds since 1970 and not a duration."""


class LimitHeaders(Protocol):
    """Reads a vendor's limit headers."""

    def read(self, headers: httpx.Headers, now: datetime) -> Allowance | None:
        """What they say; ``None`` if they are not there."""
        ...


@dataclass(frozen=True, slots=True)
class NamedHeaders:
    """A limit in up to three headers of its own."""

    limit: str | None = None
    remaining: str | None = None
    reset: str | None = None
    """Seconds from now, or a moment in seconds since 1970: told apart by size."""

    def read(self, headers: httpx.Headers, now: datetime) -> Allowance | None:
        """What they say; ``None`` if they are not there."""
        limit, remaining, reset = (
            _number(headers.get(name)) if name else None
            for name in (self.limit, self.remaining, self.reset)
        )
        if limit is None and remaining is None:
            return None
        return Allowance(_whole(limit), _whole(remaining), _from_now(reset, now))


@dataclass(frozen=True, slots=True)
class FieldHeader:
    """A limit in one header of named fields; the header's name begins with ``prefix``."""

    prefix: str

    def read(self, headers: httpx.Headers, now: datetime) -> Allowance | None:
        """What it says; ``None`` if it is not there."""
        for name, value in headers.items():
            if name.lower().startswith(self.prefix):
                pairs = {key.lower(): float(number) for key, number in _PAIR.findall(value)}
                return Allowance(
                    _whole(pairs.get("total")),
                    _whole(pairs.get("remaining")),
                    _from_now(pairs.get("resets"), now),
                )
        return None


def retry_after(headers: httpx.Headers, now: datetime) -> float | None:
    """Seconds the vendor asks us to wait; ``None`` if it asks nothing.

    A date is compared with the vendor's own ``Date``, so that a difference between the two
    clocks does not matter.
    """
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    seconds = _number(value)
    if seconds is not None:
        return max(0.0, seconds)
    until = _date(value)
    if until is None:
        return None
    return max(0.0, (until - (_date(headers.get("date", "")) or now)).total_seconds())


def _date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _number(value: str | None) -> float | None:
    try:
        number = float(value or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)


def _from_now(reset: float | None, now: datetime) -> float | None:
    if reset is None:
        return None
    return max(0.0, reset - now.timestamp() if reset >= _MOMENT_FROM else reset)
