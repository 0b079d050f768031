"""Opening the read model's database: SQLite in WAL mode, or PostgreSQL through psycopg."""

import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

__all__ = ["DatabaseUrlError", "is_missing", "open_engine"]

BUSY_TIMEOUT_MS = 30_000
"""How long a writer waits for another one on SQLite, in milliseconds."""


class DatabaseUrlError(ValueError):
    """``PRODUCTOPS_DATABASE_URL`` is not usable. The message names the remedy, not the URL."""


def open_engine(
    url: str, *, read_only: bool = False, schema: str | None = None, pool_size: int = 5
) -> Engine:
    """An engine for ``sqlite:///FILE`` or ``postgresql://...``; connects on first use.

    On SQLite: write-ahead log (readers never wait for the writer), foreign keys, a busy
    timeout, and writers that take the lock when they begin rather than half-way. ``schema``
    names a PostgreSQL schema to work in. Raises ``DatabaseUrlError``.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise DatabaseUrlError(
            "PRODUCTOPS_DATABASE_URL is no database URL: give sqlite:////folder/archive.sqlite "
            "or postgresql://user@host/name"
        ) from None
    match parsed.get_backend_name():
        case "sqlite":
            return _sqlite(parsed, read_only=read_only, pool_size=pool_size)
        case "postgresql":
            return _postgresql(parsed, read_only=read_only, schema=schema, pool_size=pool_size)
        case other:
            raise DatabaseUrlError(
                f"PRODUCTOPS_DATABASE_URL names {other!r}: the read model runs on "
                "sqlite:///FILE or postgresql://..."
            )


def is_missing(engine: Engine) -> bool:
    """Whether the database is an SQLite file that nobody has made yet."""
    file = engine.url.database if engine.dialect.name == "sqlite" else None
    return bool(file) and file != ":memory:" and not Path(str(file)).exists()


def _sqlite(url: URL, *, read_only: bool, pool_size: int) -> Engine:
    if url.database and url.database != ":memory:" and not read_only:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    pool = {} if url.database in {None, "", ":memory:"} else {"pool_size": pool_size}
    engine = create_engine(url.set(drivername="sqlite+pysqlite"), hide_parameters=True, **pool)

    def connected(connection: Any, _record: object) -> None:
        # The driver's own notion of transactions leaves DDL outside; we begin ourselves.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA foreign_keys = ON")
        if read_only:
            cursor.execute("PRAGMA query_only = ON")
        else:
            _use_write_ahead_log(cursor)
            cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.close()

    def begun(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)
    return engine


def _use_write_ahead_log(cursor: Any) -> None:
    """SQLite changes the mode of a new file under a lock that the busy timeout does not cover."""
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _postgresql(url: URL, *, read_only: bool, schema: str | None, pool_size: int) -> Engine:
    options = ["-c timezone=UTC"]
    if read_only:
        options.append("-c default_transaction_read_only=on")
    if schema:
        options.append(f"-c search_path={schema}")
    given = url.query.get("options")
    if given:
        options.insert(0, given if isinstance(given, str) else " ".join(given))
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        pool_pre_ping=True,
        # An error must not quote what customers wrote.
        hide_parameters=True,
        connect_args={"options": " ".join(options)},
    )
