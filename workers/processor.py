"""The contract between a worker's pure decisions and the platform that runs them.

A processor is a function over values. It knows neither Kafka nor Faust nor the clock on the
wall: the platform hands it decoded events in partition order, the state of their partition
and the stream time, and carries out what it returns, entirely or not at all.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from schemas.envelope import Data, Event
from schemas.topics import Topic

__all__ = [
    "Codec",
    "Emission",
    "Malformed",
    "Outcome",
    "Processor",
    "Record",
    "Rejection",
    "SideEffects",
    "Submit",
    "TaskClosedError",
]

E = TypeVar("E")
S = TypeVar("S")
S_contra = TypeVar("S_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Record:
    """An input record as Kafka holds it. ``timestamp`` is in milliseconds since the epoch.

    The platform hands over its client's own records, which have these attributes: a copy of
    each would cost more than the rest of a chunk's bookkeeping.
    """

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int
    headers: Sequence[tuple[str, bytes]] = ()


class Malformed(ValueError):  # noqa: N818 - reads as what the record is
    """Raised by ``decode``: the record is no event of its topic. The message says why."""


@dataclass(frozen=True, slots=True)
class Emission:
    """One record to write."""

    topic: str
    key: bytes
    value: bytes
    event: Event[Any] | None = None
    """The event behind ``value``, for tests and traces; not written a second time."""

    @classmethod
    def of(cls, topic: Topic, event: Event[Any]) -> "Emission":
        """The record of an event, keyed by its ``partitionkey``."""
        return cls(topic.name, event.partitionkey.encode(), event.to_json(), event)

    @property
    def data(self) -> Data:
        """Data of the event; raises ``ValueError`` for a record that carries none."""
        if self.event is None:
            msg = f"the record for {self.topic} carries no event"
            raise ValueError(msg)
        return self.event.data  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Rejection:
    """An event that cannot be handled: its index in the chunk, and why in words."""

    index: int
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome(Generic[S]):
    """What a chunk gives rise to. Order of emissions is kept within a partition."""

    emissions: Sequence[Emission] = ()
    changes: Mapping[str, S | None] = field(default_factory=dict)
    """New value of each changed state key; ``None`` deletes the row."""
    rejected: Sequence[Rejection] = ()
    counts: Mapping[tuple[str, Hashable], int] = field(default_factory=dict)
    """What to add to which counter: (metric, label value) -> n. Counted after the commit."""


class Codec(Protocol[S]):
    """How a state row is written to the changelog. Pure; ``decode(encode(row)) == row``."""

    def encode(self, row: S, /) -> bytes:
        """The row as bytes; at most 1 MiB."""
        ...

    def decode(self, raw: bytes, /) -> S:
        """The row again; raises ``ValueError`` for bytes of another format version."""
        ...


class Processor(Protocol[E, S]):
    """One worker's decisions.

    Who calls: the platform, from one task (partition) at a time, never concurrently for the
    same task. Blocking: must not wait for anything; it is plain computation. Raises: an
    exception from ``process`` makes the platform repeat the chunk event by event, and the
    event that raises becomes a dead letter.
    """

    @property
    def name(self) -> str:
        """The role: consumer group, metric label, source of what it emits."""
        ...

    @property
    def inputs(self) -> Sequence[Topic]:
        """Topics read; all with the same number of partitions."""
        ...

    @property
    def outputs(self) -> Sequence[Topic]:
        """Topics written."""
        ...

    @property
    def changelog(self) -> Topic | None:
        """Topic of the state, or ``None`` for a processor without state."""
        ...

    @property
    def codec(self) -> Codec[S]:
        """How rows are written to the changelog."""
        ...

    def decode(self, record: Record, /) -> E:
        """The event in a record; raises ``Malformed``. Pure."""
        ...

    def event_time(self, event: E, /) -> int:
        """Event time in milliseconds since the epoch. Pure."""
        ...

    def process(self, events: Sequence[E], state: Mapping[str, S], now: int, /) -> Outcome[S]:
        """Decide. ``now`` is stream time in milliseconds; ``state`` must not be changed.

        ``events`` may be empty: then time has passed (a clock tick), nothing else.
        The same arguments give the same result, and one chunk of events gives the same as
        any split of it into smaller chunks.
        """
        ...


class TaskClosedError(Exception):
    """The task was closed (revoked, stopped) before the submitted events were committed."""


class Submit(Protocol):
    """How side effects report back: events of their own, processed like any others."""

    async def __call__(self, events: Sequence[Any], /) -> None:
        """Process ``events`` in one transaction of the task.

        Returns after its commit, and after ``SideEffects.committed`` has been called with it.

        Raises ``TaskClosedError`` when the task is closed first: then nothing happened,
        and the next owner of the partition decides again from the state.
        """
        ...


class SideEffects(Protocol[S_contra]):
    """What a role does in the world (a call to a destination), driven by committed state.

    Who calls: the platform, on the event loop. Blocking: none of these may block or wait for
    the world; they start or stop work of their own.
    """

    def opened(self, partition: int, state: Mapping[str, S_contra], submit: Submit, /) -> None:
        """The task owns its partition and its state is restored. ``state`` is a live view."""
        ...

    def committed(self, partition: int, changes: Mapping[str, S_contra | None], /) -> None:
        """These changes are committed and applied."""
        ...

    async def closed(self, partition: int, /) -> None:
        """The task is given up: cancel its work, return within two seconds."""
        ...
