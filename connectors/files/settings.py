"""What stands under ``settings`` of a source of files."""

from collections.abc import Mapping
from datetime import tzinfo
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from schemas.feedback import Channel

__all__ = ["Columns", "Format", "ScoreScale", "Settings"]

Column = Annotated[str, Field(min_length=1, max_length=256)] | None


class _Part(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True
    )


class Format(StrEnum):
    """How a file is written."""

    AUTO = "auto"
    """By its name, else by its first character."""
    CSV = "csv"
    JSONL = "jsonl"


class Columns(_Part):
    """Which column (CSV) or key (JSON lines; `a.b` for a nested one) holds what."""

    text: Column = "text"
    """The customer's words."""
    id: Column = None
    """The row's own id. Without one, the id is derived from the row's content."""
    subject: Column = None
    """A title."""
    created_at: Column = None
    """When it was said. Without one, it is the time the file was last changed."""
    updated_at: Column = None
    """When it was changed; without one, `created_at`."""
    score: Column = None
    """A score; needs `score`."""
    customer_id: Column = None
    """The customer's id."""
    customer_name: Column = None
    """The customer's name."""
    customer_email: Column = None
    """The customer's mail address."""
    organization_id: Column = None
    """The id of the customer's company."""
    organization_name: Column = None
    """The name of the customer's company."""
    tier: Column = None
    """The customer's plan or tier."""
    tags: Column = None
    """Tags: a list, or text separated by `,`, `;` or `|`."""
    language: Column = None
    """The language of the text, as a code such as `en`."""
    url: Column = None
    """Where a person opens the item."""
    attributes: Mapping[str, str] = Field(default_factory=dict)
    """Whatever else routing rules may match: name of the attribute -> column."""

    def named(self) -> dict[str, str]:
        """The columns that are mapped, by what they hold; attributes are not among them."""
        return {
            name: column
            for name in type(self).model_fields
            if name != "attributes" and (column := getattr(self, name)) is not None
        }


class ScoreScale(_Part):
    """The scale of a score column."""

    low: float
    """The worst value."""
    high: float
    """The best value; below `low` where the tool counts downwards."""
    scale: Annotated[str, Field(min_length=1, max_length=64)]
    """Its name: `nps_0_10`, `stars_1_5`, ..."""

    @model_validator(mode="after")
    def _differ(self) -> "ScoreScale":
        if self.low == self.high:
            raise ValueError("low and high are the same")
        return self


class Settings(_Part):
    """One data set: a file, or several of the same shape."""

    path: Annotated[str, Field(min_length=1, max_length=4096)]
    """A file, or a pattern such as `history/*.csv`; relative to the configuration's folder."""
    format: Format = Format.AUTO
    """`csv`, `jsonl` or `auto`."""
    encoding: Annotated[str, Field(max_length=32)] = "auto"
    """`auto` finds UTF-8, UTF-16 and UTF-32; CSV that is none of them is taken for Windows-1252."""
    delimiter: Annotated[str, Field(pattern=r"^(auto|.|\t)$")] = "auto"
    """What separates the columns of a CSV file; `auto` finds `,`, `;`, `|` and tab."""
    columns: Columns = Field(default_factory=Columns)
    """Which column holds what."""
    constants: Mapping[str, str] = Field(default_factory=dict)
    """Values for every row whose column is empty or absent: `language: en`. A name that is none
    of the columns' becomes an attribute."""
    channel: Channel = Channel.REVIEW
    """What kind of feedback it is."""
    score: ScoreScale | None = None
    """The scale of the score column."""
    time_format: Annotated[str, Field(max_length=64)] | None = None
    """How times are written, as in Python's strptime; without it ISO 8601 or seconds."""
    time_zone: str = "UTC"
    """The zone of times that name none, such as `Europe/Berlin`."""
    page_rows: Annotated[int, Field(ge=1, le=5000)] = 500
    """Rows in one step."""

    @field_validator("encoding")
    @classmethod
    def _known(cls, value: str) -> str:
        if value != "auto":
            try:
                "".encode(value)
            except LookupError:
                raise ValueError("no such encoding; try utf-8, cp1252 or utf-16") from None
        return value.lower()

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("no such time zone; write one like Europe/Berlin or UTC") from None
        return value

    @model_validator(mode="after")
    def _scaled(self) -> "Settings":
        if self.columns.score and self.score is None:
            raise ValueError("columns.score needs score: {low, high, scale}")
        return self

    @property
    def zone(self) -> tzinfo:
        """The zone of times that name none."""
        return ZoneInfo(self.time_zone)
