"""The contract between a worker's pure decisions and the platform that runs them.

A processor is a function over values. It knows neither Kafka nor Faust nor the clock on the
wall: the platform hands it decoded events in partition order, the state of their partition
and the stream time, and carries out what it returns, entirely or not at all.
"""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from schemas.envelope import Data, Event
from schemas.topics import Topic

__all__ = [
    "Codec",
    "Emission",
    "Malformed",
    "OtherFormatError",
    "Outcome",
    "Processor",
    "Rebuild",
    "Record",
    "Rejection",
    "Replayable",
    "Revised",
    "SideEffects",
    "Submit",
    "TaskClosedError",
    "Upgrading",
]

E = TypeVar("E")
S = TypeVar("S")
E_contra = TypeVar("E_contra", contravariant=True)
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
    headers: Sequence[tuple[str, bytes | None]] = ()


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
    cause: str | None = None
    """``traceparent`` of what gave rise to it, for traces; the event's own one is its child."""

    @classmethod
    def of(cls, topic: Topic, event: Event[Any], *, cause: str | None = None) -> "Emission":
        """The record of an event, keyed by its ``partitionkey``."""
        return cls(topic.name, event.partitionkey.encode(), event.to_json(), event, cause)

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


class OtherFormatError(ValueError):
    """A row is of another version of its format than the one that this codec writes."""

    def __init__(self, found: object, wanted: int) -> None:
        super().__init__(f"state row of format {found!r}; this version reads format {wanted}")
        self.found = found
        self.wanted = wanted


class Codec(Protocol[S]):
    """How a state row is written to the changelog. Pure; ``decode(encode(row)) == row``.

    The format has a version, which stands in each row. A codec whose format has had an earlier
    version fulfils ``Upgrading`` as well.
    """

    def encode(self, row: S, /) -> bytes:
        """The row as bytes; at most 1 MiB."""
        ...

    def decode(self, raw: bytes, /) -> S:
        """The row again.

        Raises ``OtherFormatError`` for another version of the format, ``ValueError`` for bytes
        that are no row at all.
        """
        ...


@runtime_checkable
class Upgrading(Protocol):
    """A codec that knows an older version of its format: ``productops state migrate`` uses it."""

    def upgrade(self, raw: bytes, /) -> bytes | None:
        """The row as this version writes it; ``None`` where it is of this version already.

        Pure. Raises ``ValueError`` for a newer version and for bytes that are no row. The row
        that it gives must be one that ``decode`` reads.
        """
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


@dataclass(frozen=True, slots=True)
class Revised(Generic[S]):
    """What a replay makes of one row."""

    row: S
    """The new row: ``seen``, told to whom, and the like are those of the old one."""
    emissions: Sequence[Emission] = ()
    """How the rest of the system hears of it: events of the revisions after those of the old
    row. None of them may ask for anything to be done."""


class Rebuild(Protocol[E_contra, S]):
    """What the history of one partition says under today's rules.

    Made for one replay. Pure computation, like ``process``; it keeps what it was given.
    """

    def take(self, events: Sequence[E_contra], /) -> None:
        """Take events in, in the order of the partition, repeats included.

        The clock's ticks are left out: a replay decides nothing by when it happens. After an
        exception the same events come again one by one; one that raises is left out.
        """
        ...

    @property
    def keys(self) -> Collection[str]:
        """State keys of which the events taken in have something to say."""
        ...

    def revise(self, key: str, row: S, now: int, /) -> Revised[S] | None:
        """The live row as today's rules would have it; ``None`` where that changes nothing.

        ``now`` is the role's stream time. What the events taken in say nothing about stays as
        it is in ``row``.
        """
        ...

    def differences(
        self, before: bytes | None, after: Emission, /
    ) -> Sequence[tuple[str, str, str]]:
        """What an emission changes, from what to what, in words for people: (kind, bug, praise).

        ``before``: the value of the last record about the same key on the same topic; ``None``
        where Kafka no longer has it. From an empty word then.
        """
        ...


@runtime_checkable
class Replayable(Protocol):
    """What a processor adds so that its results can be rebuilt: ``productops replay``."""

    @property
    def retold(self) -> Sequence[Topic]:
        """Outputs that a replay may write: none that asks for something to be done."""
        ...

    def rebuild(self) -> Rebuild[Any, Any]:
        """A new, empty one."""
        ...
