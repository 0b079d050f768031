"""Rows of the outbox, and how they are written to the changelog.

State keys: ``m/<message id>`` for a message, ``swept`` for the time of the last sweep. A row
holds the text of its message only until the message is settled; then its id and a date remain.
"""

import json
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from schemas.notification import MessageRequested
from workers.processor import OtherFormatError

__all__ = [
    "FORMAT",
    "SWEPT_KEY",
    "MessageRow",
    "OutboxCodec",
    "Row",
    "SettledRow",
    "Status",
    "SweptRow",
    "key_of",
]

SWEPT_KEY = "swept"
FORMAT = 1
"""Raised when the rows change; from then on ``upgrade`` brings rows of this one up to date."""


class Status(StrEnum):
    """Where an unsettled message stands."""

    PENDING = "pending"
    ATTEMPTING = "attempting"
    """The sender may be calling the destination, or crashed while it did."""


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    v: Literal[1] = 1
    """Version of the format."""


class MessageRow(_Row):
    """A message that is not settled. Times in milliseconds since the epoch."""

    row: Literal["message"] = "message"
    request: MessageRequested
    requested_at: int
    """When the request was written to Kafka: its age counts from here."""
    seen_at: int
    """Greatest event time of a request with this id."""
    traceparent: str | None = None
    status: Status = Status.PENDING
    attempts: int = 0
    """Attempts begun."""
    next_at: int
    """Not before."""
    first_attempt_at: int | None = None
    doubt: bool = False
    """An attempt ended without an answer: the message may have arrived."""
    ask_only: bool = False
    """Too late to send, but it may have arrived: find out, send no more."""
    repeats: int = 0
    """Times it was sent marked as a repeat."""
    reason: str = ""
    """Why the last attempt failed."""


class SettledRow(_Row):
    """A message that was settled: only its identity."""

    row: Literal["settled"] = "settled"
    seen_at: int
    """When it was settled, or requested if that was later: remembered from then on."""


class SweptRow(_Row):
    """When settled rows were last looked through."""

    row: Literal["swept"] = "swept"
    at: int


Row = MessageRow | SettledRow | SweptRow

_ROWS: TypeAdapter[Row] = TypeAdapter(Annotated[Row, Field(discriminator="row")])


def key_of(message_id: str) -> str:
    """State key of a message."""
    return f"m/{message_id}"


class OutboxCodec:
    """JSON, absent values left out."""

    def encode(self, row: Row, /) -> bytes:
        """The row as bytes."""
        return row.model_dump_json(exclude_none=True).encode()

    def decode(self, raw: bytes, /) -> Row:
        """The row again; raises ``OtherFormatError``, or ``ValueError`` for what is no row."""
        try:
            return _ROWS.validate_json(raw)
        except ValidationError as error:
            found = _format_of(raw)
            if found is not None and found != FORMAT:
                raise OtherFormatError(found, FORMAT) from None
            raise ValueError(_without_content(error)) from None

    def upgrade(self, raw: bytes, /) -> bytes | None:
        """See ``workers.processor.Upgrading``: there is only one format so far."""
        self.decode(raw)
        return None


def _format_of(raw: bytes) -> object:
    """The number that a row gives as its format; ``None`` where there is none."""
    try:
        content = json.loads(raw)
    except ValueError:
        return None
    return content.get("v") if isinstance(content, dict) else None


def _without_content(error: ValidationError) -> str:
    """Which field is wrong, without what it holds: that is the text of a message."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(map(str, first["loc"])) or "row"
    return f"not a row of the delivery role's state: {place}: {first['msg']}"
