"""What needs a person's attention, counted as far as a badge can show it."""

from dataclasses import dataclass

from sqlalchemy import Connection, FromClause, Select, func, not_, select

from workers.archive.queries.letters.settled import IS_SETTLED
from workers.archive.tables import dead_letters, messages, sources

__all__ = ["ATTENTION_LIMIT", "Attention", "attention"]

ATTENTION_LIMIT = 100
"""Counting stops here: more is shown as ``99+``."""


@dataclass(frozen=True, slots=True)
class Attention:
    """Numbers from 0 to 100."""

    stopped_sources: int
    failed_messages: int
    dead_letters: int


def _up_to_limit(connection: Connection, query: Select[tuple[str]]) -> int:
    some: FromClause = query.limit(ATTENTION_LIMIT).subquery()
    return connection.execute(select(func.count()).select_from(some)).scalar_one()


def attention(connection: Connection) -> Attention:
    """The present counts."""
    return Attention(
        _up_to_limit(
            connection, select(sources.c.source_name).where(sources.c.status == "stopped")
        ),
        _up_to_limit(
            connection, select(messages.c.message_id).where(messages.c.outcome == "failed")
        ),
        _up_to_limit(connection, select(dead_letters.c.topic).where(not_(IS_SETTLED))),
    )
