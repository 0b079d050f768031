"""Dead letters: records that could not be read or handled, raw, with the reason."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, case, func, not_, select

from workers.archive.queries.keyset import Cursor, Page, read_page
from workers.archive.queries.letters.settled import IS_SETTLED
from workers.archive.tables import dead_letters, failures, unreadable

__all__ = [
    "DeadLetterFilter",
    "DeadLetterRow",
    "DeadLetterSeen",
    "Unprojected",
    "dead_letter",
    "dead_letter_page",
    "unprojected",
]

_MAX_UNPROJECTED = 20


@dataclass(frozen=True, slots=True)
class DeadLetterFilter:
    """What to show; every field narrows."""

    topic: str | None = None
    """The topic the dead record stood in, or was meant for."""
    source: str | None = None
    error_class: str | None = None
    since: datetime | None = None
    """Of the last failure, inclusive."""
    until: datetime | None = None
    """Of the last failure, exclusive."""
    key: bytes | None = None
    """Key of the dead record."""
    settled_too: bool = False
    """Also those that were replayed or dropped."""


@dataclass(frozen=True, slots=True)
class DeadLetterRow:
    """One dead letter of the list."""

    letter_id: str
    """``dead-letter topic/role/id of its events``."""
    origin_topic: str
    origin_partition: int
    """-1 for a record that never was in Kafka; ``origin_offset`` likewise."""
    origin_offset: int
    source_name: str | None
    record_id: str | None
    error_class: str
    message: str
    size: int
    """Bytes of the record kept."""
    attempts: int
    role: str
    last_failed_at: datetime
    settled_as: str | None
    """``replayed``, ``dropped``; ``None`` while it is open."""
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeadLetterSeen:
    """A dead letter in full."""

    row: DeadLetterRow
    topic: str
    """The dead-letter topic."""
    partition: int
    record_offset: int | None
    """Where its newest failure stands; ``None`` when only its settlement is left."""
    event_id: str
    """By which the command line knows it."""
    key: bytes | None
    value: bytes
    truncated: bool
    headers: tuple[tuple[str, str], ...]
    worker_version: str
    first_failed_at: datetime


@dataclass(frozen=True, slots=True)
class Unprojected:
    """A record that the archive itself could not take up, and why."""

    topic: str
    partition: int
    offset: int
    reason: str
    recorded_at: datetime


_ID: ColumnElement[str] = (
    dead_letters.c.topic + "/" + dead_letters.c.role + "/" + dead_letters.c.letter_id
)
_COUNTED = (
    select(func.count())
    .select_from(failures)
    .where(
        failures.c.topic == dead_letters.c.topic,
        failures.c.role == dead_letters.c.role,
        failures.c.letter_id == dead_letters.c.letter_id,
    )
    .correlate(dead_letters)
    .scalar_subquery()
)
_ATTEMPTS = case(
    (and_(dead_letters.c.origin_offset < 0, _COUNTED > 0), _COUNTED), else_=dead_letters.c.attempts
)
_COLUMNS = (
    _ID.label("letter_id"),
    dead_letters.c.origin_topic,
    dead_letters.c.origin_partition,
    dead_letters.c.origin_offset,
    dead_letters.c.source_name,
    dead_letters.c.record_id,
    dead_letters.c.error_class,
    dead_letters.c.message,
    func.length(dead_letters.c.value).label("size"),
    _ATTEMPTS.label("attempts"),
    dead_letters.c.role,
    dead_letters.c.last_failed_at,
    case((IS_SETTLED, dead_letters.c.settled_as)).label("settled_as"),
    case((IS_SETTLED, dead_letters.c.settled_at)).label("settled_at"),
)


def _row(row: Row[Any]) -> DeadLetterRow:
    return DeadLetterRow(
        letter_id=row.letter_id,
        origin_topic=row.origin_topic,
        origin_partition=row.origin_partition,
        origin_offset=row.origin_offset,
        source_name=row.source_name,
        record_id=row.record_id,
        error_class=row.error_class,
        message=row.message,
        size=row.size or 0,
        attempts=row.attempts,
        role=row.role,
        last_failed_at=row.last_failed_at,
        settled_as=row.settled_as,
        settled_at=row.settled_at,
    )


def dead_letter_page(
    connection: Connection,
    chosen: DeadLetterFilter,
    *,
    after: Cursor | None = None,
    before: Cursor | None = None,
    limit: int = 50,
) -> Page[DeadLetterRow]:
    """A page of dead letters, newest first."""
    query = select(*_COLUMNS)
    if not chosen.settled_too:
        query = query.where(not_(IS_SETTLED))
    for column, value in (
        (dead_letters.c.origin_topic, chosen.topic),
        (dead_letters.c.source_name, chosen.source),
        (dead_letters.c.error_class, chosen.error_class),
    ):
        if value:
            query = query.where(column == value)
    if chosen.key is not None:
        query = query.where(dead_letters.c.key == chosen.key)
    if chosen.since is not None:
        query = query.where(dead_letters.c.last_failed_at >= chosen.since)
    if chosen.until is not None:
        query = query.where(dead_letters.c.last_failed_at < chosen.until)
    return read_page(
        connection,
        query,
        at=dead_letters.c.last_failed_at,
        key=_ID,
        read=_row,
        cursor_of=lambda row: Cursor(row.last_failed_at, row.letter_id),
        after=after,
        before=before,
        limit=limit,
    )


def dead_letter(connection: Connection, letter_id: str) -> DeadLetterSeen | None:
    """The dead letter of this id, if there is one."""
    topic, _, rest = letter_id.partition("/")
    role, _, event_id = rest.partition("/")
    row = connection.execute(
        select(
            *_COLUMNS,
            dead_letters.c.partition,
            dead_letters.c.record_offset,
            dead_letters.c.key,
            dead_letters.c.value,
            dead_letters.c.truncated,
            dead_letters.c.headers,
            dead_letters.c.worker_version,
            dead_letters.c.first_failed_at,
        ).where(
            dead_letters.c.topic == topic,
            dead_letters.c.role == role,
            dead_letters.c.letter_id == event_id,
        )
    ).first()
    if row is None:
        return None
    return DeadLetterSeen(
        row=_row(row),
        topic=topic,
        partition=row.partition,
        record_offset=row.record_offset,
        event_id=event_id,
        key=row.key,
        value=row.value or b"",
        truncated=bool(row.truncated),
        headers=tuple(sorted((row.headers or {}).items())),
        worker_version=row.worker_version,
        first_failed_at=row.first_failed_at,
    )


def unprojected(connection: Connection) -> tuple[Unprojected, ...]:
    """The newest records that the archive could not take up, at most 20."""
    rows = connection.execute(
        select(unreadable).order_by(unreadable.c.recorded_at.desc()).limit(_MAX_UNPROJECTED)
    )
    return tuple(
        Unprojected(row.topic, row.partition, row.record_offset, row.reason, row.recorded_at)
        for row in rows
    )
