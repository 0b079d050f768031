"""From one record to the rows it changes. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from schemas.envelope import Event
from schemas.topics import (
    CHECKPOINT_SAVED,
    CLASSIFIED,
    CLOCK_TICKED,
    RECEIVED,
    REGISTRY,
    REQUESTED,
    ROUTED,
    SETTLED,
    Topic,
)
from workers.archive.projection import (
    checkpoint,
    classified,
    dead_letter,
    received,
    requested,
    routed,
    settled,
)
from workers.archive.projection.merge import Change
from workers.archive.projection.unreadable import set_aside
from workers.processor import Record

__all__ = ["ARCHIVED_TOPICS", "PROJECTION_VERSION", "Projected", "project"]

PROJECTION_VERSION = 1
"""Raised when the same events give other rows; a model of an older version wants a rebuild."""

NOT_ARCHIVED = (CLOCK_TICKED,)
"""Event topics of which nothing is kept."""

_Project = Callable[[Event[Any], Record], Sequence[Change]]
_DEAD_LETTER: _Project = dead_letter.project
_PROJECTORS: Mapping[str, _Project] = {
    RECEIVED.name: received.project,
    CLASSIFIED.name: classified.project,
    ROUTED.name: routed.project,
    REQUESTED.name: requested.project,
    SETTLED.name: settled.project,
    CHECKPOINT_SAVED.name: checkpoint.project,
    **{topic.name: _DEAD_LETTER for topic in REGISTRY if topic.name.endswith(".dlq")},
}

ARCHIVED_TOPICS: tuple[Topic, ...] = tuple(
    topic for topic in REGISTRY if topic.data is not None and topic not in NOT_ARCHIVED
)
"""What the archive reads."""

_MODELS: Mapping[str, type[Event[Any]]] = {
    topic.name: topic.event_model() for topic in ARCHIVED_TOPICS
}
_NUL = b"\\u0000"
_MAX_FINDINGS = 5


class _NoEventError(ValueError):
    """The message says why, without the record's words."""


@dataclass(frozen=True, slots=True)
class Projected:
    """What one record says."""

    record: Record
    changes: Sequence[Change]
    event_time: datetime | None
    """``None`` for a record that cannot be read."""

    @property
    def readable(self) -> bool:
        """Whether the record is an event of its topic."""
        return self.event_time is not None

    @property
    def reason(self) -> str:
        """Why it cannot be read, without its words; empty for one that can."""
        return "" if self.readable else str(self.changes[0].row["reason"])


def project(record: Record) -> Projected:
    """The rows a record changes; for an unreadable one, its row among the unreadable."""
    try:
        event = _decode(record)
        changes = _PROJECTORS[record.topic](event, record)
    except ValidationError as error:
        return Projected(record, (set_aside(record, _findings(error)),), None)
    except _NoEventError as error:
        return Projected(record, (set_aside(record, str(error)),), None)
    except Exception as error:  # noqa: BLE001 - no record may stop the archive, whatever is in it
        # A time beyond year 9999, for one, overflows on the way to UTC.
        reason = f"cannot be projected: {type(error).__name__}"
        return Projected(record, (set_aside(record, reason),), None)
    if record.value is not None and _NUL in record.value:
        changes = [Change(change.merge, _without_nul(change.row)) for change in changes]
    return Projected(record, changes, event.time)


def _decode(record: Record) -> Event[Any]:
    if record.value is None:
        raise _NoEventError("the record has no value")
    event = _MODELS[record.topic].model_validate_json(record.value)
    if event.type != record.topic:
        raise _NoEventError("not an event of this topic: its type names another one")
    return event


def _findings(error: ValidationError) -> str:
    """Where and what, never the value: it may be a customer's words."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    told = [
        f"{'.'.join(str(step) for step in finding['loc']) or 'record'}: {finding['type']}"
        for finding in found[:_MAX_FINDINGS]
    ]
    more = len(found) - len(told)
    return "not an event of this topic: " + "; ".join(told) + (f"; {more} more" if more else "")


def _without_nul(value: Any) -> Any:
    """The same with U+0000 replaced, which PostgreSQL takes neither in text nor in JSON."""
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd")
    if isinstance(value, Mapping):
        return {_without_nul(key): _without_nul(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_nul(item) for item in value]
    return value
