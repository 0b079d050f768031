"""What the JSON API answers with; the rows are the archive's own values."""

import base64
from dataclasses import dataclass
from datetime import datetime

from workers.archive.queries import (
    DeadLetterRow,
    DeadLetterSeen,
    Freshness,
    InboxRow,
    ItemSeen,
    MessageSeen,
)
from workers.web.view.source_state import SourceState

__all__ = [
    "DeadLetterAnswer",
    "DeadLetterList",
    "ItemAnswer",
    "ItemList",
    "MessageList",
    "Problem",
    "Pulse",
    "SourceList",
]


@dataclass(frozen=True, slots=True)
class ItemList:
    """A page of items, newest first. ``older`` goes into ``after``, ``newer`` into ``before``."""

    items: tuple[InboxRow, ...]
    older: str | None
    newer: str | None
    data: Freshness
    sample: bool


@dataclass(frozen=True, slots=True)
class ItemAnswer:
    """One item in full."""

    item: ItemSeen
    data: Freshness
    sample: bool


@dataclass(frozen=True, slots=True)
class MessageList:
    """A page of messages, newest first."""

    messages: tuple[MessageSeen, ...]
    older: str | None
    newer: str | None
    data: Freshness
    sample: bool


@dataclass(frozen=True, slots=True)
class SourceList:
    """Every source; those that need a person first."""

    sources: tuple[SourceState, ...]
    data: Freshness
    sample: bool


@dataclass(frozen=True, slots=True)
class DeadLetterList:
    """A page of dead letters, newest first, without their bytes."""

    dead_letters: tuple[DeadLetterRow, ...]
    older: str | None
    newer: str | None
    data: Freshness
    sample: bool


@dataclass(frozen=True, slots=True)
class DeadLetterAnswer:
    """One dead letter; ``key_base64`` and ``value_base64`` are its raw bytes."""

    dead_letter: DeadLetterRow
    key_base64: str | None
    value_base64: str
    truncated: bool
    headers: dict[str, str]
    worker_version: str
    first_failed_at: datetime

    @classmethod
    def of(cls, seen: DeadLetterSeen) -> "DeadLetterAnswer":
        """The answer for a dead letter."""
        return cls(
            dead_letter=seen.row,
            key_base64=None if seen.key is None else base64.b64encode(seen.key).decode(),
            value_base64=base64.b64encode(seen.value).decode(),
            truncated=seen.truncated,
            headers=dict(seen.headers),
            worker_version=seen.worker_version,
            first_failed_at=seen.first_failed_at,
        )


@dataclass(frozen=True, slots=True)
class Pulse:
    """Whether there is anything new: ``newest`` changes with the first item of the inbox."""

    newest: str
    age: str
    tone: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and what to do."""

    error: str
    text: str
