"""The contract every connector fulfils.

Who calls: ``workers/ingest``, one poller a source, never concurrently for the same source.
The poller writes each page and its checkpoint as one Kafka transaction before it asks for the
next page, so a connector keeps nothing that a checkpoint does not hold: after a crash it is
asked again with the last checkpoint that was written.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Protocol

from schemas.envelope import Event

__all__ = [
    "Checkpoint",
    "Clock",
    "Connector",
    "DeadRecord",
    "Health",
    "Observer",
    "Page",
    "WebhookConnector",
]

Checkpoint = Mapping[str, str]
"""A connector's resume point: small, JSON-able, opaque to everybody else."""


class Clock(Protocol):
    """Time, injected. Tests advance it by hand; waiting is a method so that they need not."""

    def now(self) -> datetime:
        """The time in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds on a clock that never jumps."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class Observer(Protocol):
    """What a connector tells about its own doing; ``workers/observability`` makes metrics of it.

    Must not block and does not raise.
    """

    def waited(self, source: str, seconds: float, reason: str) -> None:
        """Seconds spent waiting; reason is ``budget``, ``retry_after`` or ``backoff``."""
        ...

    def budget_left(self, source: str, calls: float) -> None:
        """Calls the vendor still allows in the present window."""
        ...

    def failed(self, source: str, error_class: str) -> None:
        """A call failed and is made again: ``configuration``, ``transient`` or ``data``.

        One that is not ends the pull with an error, which whoever pulls counts.
        """
        ...


@dataclass(frozen=True, slots=True)
class DeadRecord:
    """A vendor's record that cannot be mapped: raw, with the reason (never the words)."""

    topic: str
    """The topic it was meant for."""
    record_id: str
    """The vendor's id, or ``file:line``."""
    message: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Page:
    """One step of a pull: written with its checkpoint as one transaction.

    A page without events is not the end; the end is the end of the iteration.
    """

    events: Sequence[Event[Any]]
    checkpoint: Checkpoint
    """Where to go on after this page."""
    dead: Sequence[DeadRecord] = ()


@dataclass(frozen=True, slots=True)
class Health:
    """Whether a source can be read right now, in words for a person."""

    ok: bool
    summary: str
    remedy: str = ""
    sample: Mapping[str, int] = field(default_factory=dict)
    """Counts of what can be seen: ``{"tickets": 12}``."""


class Connector(Protocol):
    """A source that is read by asking for pages."""

    vendor: ClassVar[str]
    """Lower-case name used in ``sources.yaml`` under ``connector``."""

    def pull(self, checkpoint: Checkpoint | None) -> AsyncIterator[Page]:
        """Pages from the checkpoint (``None``: the first pull) up to now, oldest first.

        Waits for the vendor's limits itself. Raises ``ConfigurationError`` and
        ``TransientError``; bad records are in ``Page.dead``. Repeating a pull from the same
        checkpoint gives events with the same ids.
        """
        ...

    async def health(self) -> Health:
        """One cheap call that proves credentials and permission.

        Raises nothing of ``SourceError``.
        """
        ...

    async def close(self) -> None:
        """Let connections go."""
        ...


class WebhookConnector(Protocol):
    """A source that also pushes. Both methods are pure."""

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        """Check the signature over the raw body in constant time; raises ``SignatureError``.

        Header names arrive in lower case.
        """
        ...

    def parse(self, headers: Mapping[str, str], body: bytes) -> Sequence[Event[Any]]:
        """The events of a verified delivery, with the ids a pull would give them.

        Raises ``DataError``.
        """
        ...
