"""The packaged migrations make the tables the program knows, on both databases."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, select, text

from workers.archive.engine import DatabaseUrlError, open_engine
from workers.archive.migrate import (
    Migrated,
    NotMigratedError,
    _config,
    head,
    require_current,
    revision_of,
    upgrade,
)
from workers.archive.tables import failures, metadata, offsets


def test_migrations_make_the_declared_tables(engine: Engine) -> None:
    """A migrated database differs from the declared tables in nothing that Alembic compares."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_migrated_columns_are_as_wide_and_as_required_as_declared(engine: Engine) -> None:
    """Names, order, nullability and collation of columns are those of the declared tables."""
    declared_url = engine.dialect.name
    found = {table: inspect(engine).get_columns(table) for table in metadata.tables}
    for name, table in metadata.tables.items():
        assert [column["name"] for column in found[name]] == [c.name for c in table.columns]
        nullable = {column["name"]: column["nullable"] for column in found[name]}
        assert nullable == {column.name: column.nullable for column in table.columns}
        if declared_url == "postgresql":
            versions = [c for c in found[name] if c["name"].endswith("version")]
            collations = {getattr(c["type"], "collation", None) for c in versions}
            assert collations <= {"C", None}
            assert name not in {"items", "parts", "sources"} or "C" in collations


@pytest.mark.parametrize("former", ["0001", "0002"])
def test_dead_letters_are_read_again_after_their_table_was_replaced(
    archive_url: str, former: str
) -> None:
    """A migration that does so sends the archive to the beginning of dead-letter topics alone."""
    engine = open_engine(archive_url)
    upgrade(engine)
    place = {"partition": 0, "next_offset": 7, "end_offset": 9, "fence": 1, "owner": "o"}
    with engine.begin() as connection:
        rows = [{"topic": topic, **place} for topic in ("a.v1", "a.v1.dlq")]
        connection.execute(offsets.insert(), rows)
        failures.drop(connection)
        config = _config()
        config.attributes["connection"] = connection
        command.stamp(config, former)
    assert upgrade(engine) == Migrated(former, head())
    with engine.connect() as connection:
        found = dict(connection.execute(select(offsets.c.topic, offsets.c.next_offset)).all())
    assert found == {"a.v1": 7, "a.v1.dlq": -1}
    engine.dispose()


def test_migrating_twice_changes_nothing(archive_url: str) -> None:
    """The first migration brings an empty database to the head, the second has nothing to do."""
    engine = open_engine(archive_url)
    assert upgrade(engine) == Migrated(None, head())
    assert upgrade(engine) == Migrated(head(), head())
    assert revision_of(engine) == head()
    engine.dispose()


def test_two_processes_may_migrate_at_once(archive_url: str) -> None:
    """Of two migrations that start together one does the work and the other waits for it."""
    engines = [open_engine(archive_url), open_engine(archive_url)]
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(upgrade, engines))
    assert sorted(migrated.changed for migrated in done) == [False, True]
    for engine in engines:
        engine.dispose()


def test_an_empty_database_names_the_command(archive_url: str) -> None:
    """Reading a database that was never migrated says which command makes the tables."""
    engine = open_engine(archive_url)
    with pytest.raises(NotMigratedError, match="productops archive migrate"):
        require_current(engine)
    engine.dispose()


def test_a_database_of_a_newer_version_is_left_alone(engine: Engine) -> None:
    """A program that does not know the revision neither migrates nor reads."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NotMigratedError, match="9999"):
        upgrade(engine)
    with pytest.raises(NotMigratedError, match="9999"):
        require_current(engine)


@pytest.mark.parametrize("url", ["mysql://root@localhost/x", "not a url at all"])
def test_other_databases_are_refused_with_the_remedy(url: str) -> None:
    """A URL that names no database we run on is refused by the variable that holds it."""
    with pytest.raises(DatabaseUrlError, match="PRODUCTOPS_DATABASE_URL"):
        open_engine(url)


def test_errors_quote_no_parameters(engine: Engine) -> None:
    """A failed statement does not repeat what a customer wrote."""
    with engine.connect() as connection, pytest.raises(Exception, match="no_such_table") as caught:
        connection.execute(text("SELECT 1 FROM no_such_table WHERE x = :x"), {"x": "private words"})
    assert "private words" not in str(caught.value)


def test_sqlite_is_opened_for_many_readers_and_one_writer(tmp_path_factory: object) -> None:
    """SQLite runs in WAL mode with foreign keys on, and a reader cannot write."""
    assert isinstance(tmp_path_factory, pytest.TempPathFactory)
    url = f"sqlite:///{tmp_path_factory.mktemp('wal')}/a.sqlite"
    engine, reader = open_engine(url), open_engine(url, read_only=True)
    upgrade(engine)
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
    with reader.connect() as connection, pytest.raises(Exception, match="readonly"):
        connection.execute(text("DELETE FROM items"))
    engine.dispose()
    reader.dispose()
