"""The contract: a span as a value, and who takes it."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

__all__ = ["MAX_LINKS", "NO_TRACER", "Kind", "Span", "Tracer", "new_trace"]

MAX_LINKS = 32
"""Links of one span at most: a chunk may have thousands of inputs."""


class Kind(StrEnum):
    """A span's side of what happened, as OpenTelemetry names it."""

    CLIENT = "client"
    CONSUMER = "consumer"
    PRODUCER = "producer"


@dataclass(frozen=True, slots=True)
class Span:
    """Something done. Times in seconds since the epoch.

    Attributes hold names, numbers and ids: never words of customers, never secrets.
    """

    name: str
    kind: Kind
    traceparent: str
    """Its own trace id and span id."""
    started: float
    ended: float
    parent: str | None = None
    """``traceparent`` of what it is part of."""
    attributes: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    links: Sequence[str] = ()
    """``traceparent`` of what it dealt with, at most ``MAX_LINKS``."""
    failed: str = ""
    """Why it counts as failed, in one word; empty for what went well."""


class Tracer(Protocol):
    """Takes spans. Must not block and does not raise; what it cannot get rid of it drops."""

    def record(self, span: Span) -> None:
        """A span that has ended."""
        ...

    def close(self) -> None:
        """Get rid of what waits, within two seconds. Blocking."""
        ...


class _NoTracer:
    def record(self, span: Span) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


NO_TRACER: Tracer = _NoTracer()
"""Does nothing. Who would have to work to make a span compares with it first."""


def new_trace() -> str:
    """A ``traceparent`` of a trace of its own, for work on many events at once: drawn anew."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
