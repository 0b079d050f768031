"""The envelope of every event: CloudEvents 1.0 in structured JSON.

``source`` + ``id`` identify an occurrence: they are the deduplication key of the whole
system, so an ``id`` is derived from the vendor's record and version and never drawn at
random. ``partitionkey`` is the record key in Kafka, ``traceparent`` travels along.
Source: CloudEvents 1.0 (structured content mode), Kafka protocol binding, and the
"partitioning" and "distributed tracing" extensions.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

__all__ = ["CONTENT_TYPE", "Data", "Event", "Header", "UtcTime"]

CONTENT_TYPE = "application/cloudevents+json"
"""Value of the Kafka header ``content-type`` on every event we write."""


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a time that UTC cannot express") from error


UtcTime = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A moment with a time zone, kept in UTC."""


class Data(BaseModel):
    """Base of what an event says: immutable, and open to fields of a later minor version."""

    model_config = ConfigDict(frozen=True, extra="ignore")


D = TypeVar("D", bound=Data)


class Header(BaseModel):
    """The attributes of an event without its data: enough to identify, place and date it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"] = "1.0"
    id: Annotated[str, Field(min_length=1, max_length=512)]
    """Unique within ``source``; derived, never random."""
    source: Annotated[str, Field(min_length=1, max_length=512)]
    """Who says so, as a URI reference: ``/sources/<name>`` or ``/workers/<role>``."""
    type: Annotated[str, Field(min_length=1, max_length=256)]
    """The topic's name: ``feedback.item.received.v1``."""
    time: UtcTime
    """Event time: when it happened in the world, not when we read it."""
    subject: Annotated[str, Field(max_length=512)] | None = None
    datacontenttype: Literal["application/json"] = "application/json"
    partitionkey: Annotated[str, Field(min_length=1, max_length=512)]
    """The record key in Kafka, UTF-8 encoded."""
    traceparent: Annotated[str, Field(max_length=128)] | None = None
    """W3C trace context of the work that caused this event."""

    @property
    def identity(self) -> str:
        """``source`` and ``id`` in one string: the deduplication key."""
        return f"{self.source}#{self.id}"


class Event(Header, Generic[D]):
    """One occurrence, of one type, with its data."""

    data: D

    def to_json(self) -> bytes:
        """The structured-mode JSON, UTF-8; absent optional attributes are left out."""
        return self.__pydantic_serializer__.to_json(self, exclude_none=True)

    @classmethod
    def from_json(cls, raw: bytes | str) -> "Event[Any]":
        """Read structured-mode JSON; raises ``pydantic.ValidationError``."""
        return cls.model_validate_json(raw)
