"""Events of the platform itself: checkpoints of sources, the passing of time, dead letters."""

from enum import StrEnum
from hashlib import sha256
from typing import Annotated

from pydantic import Base64Bytes, Field

from schemas.envelope import Data, UtcTime

__all__ = [
    "CheckpointSaved",
    "ClockTicked",
    "DeadLetter",
    "ErrorClass",
    "Origin",
    "RawHeader",
    "SettledAs",
    "Settlement",
]


class CheckpointSaved(Data):
    """``connector.checkpoint.saved.v1``: how far a source has been read, and how it is."""

    source_name: Annotated[str, Field(min_length=1, max_length=64)]
    vendor: Annotated[str, Field(min_length=1, max_length=64)]
    checkpoint: dict[str, str] = Field(default_factory=dict)
    """The connector's own resume point; opaque to everybody else."""
    status: Annotated[str, Field(pattern=r"^(ok|waiting|stopped)$")] = "ok"
    remedy: Annotated[str, Field(max_length=512)] = ""
    """In words, where the source is not ``ok``: what happened and what to do."""
    records: Annotated[int, Field(ge=0)] = 0
    """Events written in the same transaction."""
    dead: Annotated[int, Field(ge=0)] = 0
    """Records dead-lettered in the same transaction."""
    last_success: UtcTime | None = None
    last_event_time: UtcTime | None = None
    next_pull_at: UtcTime | None = None


class ClockTicked(Data):
    """``platform.clock.ticked.v1``: it is now this time, said to one partition."""

    partition: Annotated[int, Field(ge=0)]


class ErrorClass(StrEnum):
    """Why a record died."""

    DECODE = "decode"
    """Its bytes are not an event of the topic."""
    PROCESS = "process"
    """The processor could not handle it."""
    MAPPING = "mapping"
    """A connector could not map the vendor's record."""
    OVERSIZED = "oversized"
    """It, or what it gave rise to, is larger than a topic takes."""


class Origin(Data):
    """Where a dead record stood."""

    topic: Annotated[str, Field(max_length=249)]
    """The input topic; for a connector's record the topic it was meant for."""
    partition: int = -1
    offset: int = -1
    source_name: Annotated[str, Field(max_length=64)] | None = None
    record_id: Annotated[str, Field(max_length=512)] | None = None
    """The vendor's id, or ``file:line``."""


class SettledAs(StrEnum):
    """How a dead letter ended."""

    REPLAYED = "replayed"
    """Its record was written back to the topic it came from."""
    DROPPED = "dropped"
    """Somebody decided that nothing is to be done about it."""


class Settlement(Data):
    """What a person decided about a dead letter."""

    outcome: SettledAs
    settled_at: UtcTime


class RawHeader(Data):
    """One header of a dead record, as it was; a name may occur more than once."""

    name: str
    value: Base64Bytes | None = None
    """``null`` where the header had a name and no value."""


class DeadLetter(Data):
    """A record that could not be read or handled, raw, with the reason.

    All records of one letter have its id and its key; the newest of them says how it is.
    """

    origin: Origin
    error_class: ErrorClass
    message: Annotated[str, Field(max_length=2_000)]
    """What is wrong and where; never the record's text."""
    key: Base64Bytes | None = None
    value: Base64Bytes = b""
    """The raw bytes, cut at 512 KiB."""
    value_is_null: bool = False
    """Whether the record had no value at all, which is not the same as an empty one."""
    truncated: bool = False
    """Whether key or value were longer than what is kept here."""
    headers: dict[str, str] = Field(default_factory=dict)
    """The first headers as text, shortened: to look at."""
    raw_headers: tuple[RawHeader, ...] | None = None
    """The headers in their order: to replay. ``null`` in letters of versions before these."""
    digest: Annotated[str, Field(max_length=64)] | None = None
    """SHA-256 of a connector's whole record, in hexadecimal: by which it is known when it comes
    again."""
    headers_truncated: bool = False
    """Whether there were more headers than are kept in ``raw_headers``."""
    attempts: Annotated[int, Field(ge=1)] = 1
    role: Annotated[str, Field(max_length=64)]
    worker_version: Annotated[str, Field(max_length=64)]
    first_failed_at: UtcTime
    last_failed_at: UtcTime
    settled: Settlement | None = None
    """Only in the record that closes the letter, which repeats it without its raw bytes. A record
    after it without this field says that the letter is open again: it failed once more. Except a
    connector's record that was dropped and is the same still, by its ``digest``: a source that
    gives it again says nothing new."""

    @property
    def came_from_a_source(self) -> bool:
        """Whether it is a vendor's record, which never was in Kafka."""
        return self.origin.offset < 0

    @property
    def content(self) -> str | None:
        """``digest``, also of letters from before there was one; ``None`` if it is not known."""
        whole = self.settled is None and not self.truncated
        if self.digest is not None or not self.came_from_a_source or not whole:
            return self.digest
        return sha256(self.value).hexdigest()
