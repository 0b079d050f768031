"""Columns: types that mean the same on SQLite and PostgreSQL, words, the mark of the personal."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Column, DateTime, Dialect, String, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB

__all__ = ["Json", "Moment", "Version", "column", "personal_columns_of"]

_PERSONAL = "personal"


class Moment(TypeDecorator[datetime]):
    """A moment in UTC: ``timestamptz`` on PostgreSQL, sortable text on SQLite.

    Refuses a datetime without a time zone; gives back aware ones.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """In UTC; raises ``ValueError`` for a naive datetime."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = f"a moment needs a time zone: {value.isoformat()}"
            raise ValueError(msg)
        in_utc = value.astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware, in UTC."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
"""A JSON value; ``None`` is SQL's NULL."""

Version = String(640).with_variant(String(640, collation="C"), "postgresql")
"""A version that is compared by its bytes, whatever the language of the database."""


def column(
    name: str,
    of: Any,
    about: str,
    *constraints: Any,
    primary_key: bool = False,
    nullable: bool = True,
    personal: bool = False,
) -> Column[Any]:
    """A column with what it holds in words; ``personal``: it may hold personal data."""
    return Column(
        name,
        of,
        *constraints,
        primary_key=primary_key,
        nullable=nullable and not primary_key,
        doc=about,
        info={_PERSONAL: personal},
    )


def personal_columns_of(columns: Any) -> tuple[str, ...]:
    """Names of the columns with personal data of a table's ``columns``, in their order."""
    return tuple(one.name for one in columns if one.info.get(_PERSONAL))
