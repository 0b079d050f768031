"""Databases to archive into: SQLite in a folder, PostgreSQL in a schema of its own.

PostgreSQL is the server that ``PRODUCTOPS_TEST_POSTGRES_URL`` names, else a private one made
from the binaries Debian installs, listening on a socket in a temporary folder only.
"""

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, Table, select, text

from tests.archive.story import Story
from workers.archive.engine import open_engine
from workers.archive.migrate import upgrade
from workers.archive.projection import project
from workers.archive.tables import metadata
from workers.archive.writer import Batch, Writer
from workers.processor import Record

_NUMBERS = itertools.count(1)


def _binaries() -> Path | None:
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if installed:
        return installed[-1].parent
    found = shutil.which("initdb")
    return Path(found).parent if found else None


def _as_server_user() -> list[str]:
    """PostgreSQL refuses to run as root: the command prefix that makes it somebody else."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]


def _private_server(binaries: Path) -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="productops-pg-"))
    prefix = _as_server_user()
    if prefix:
        account = pwd.getpwnam("postgres")
        os.chown(folder, account.pw_uid, account.pw_gid)

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [*prefix, str(binaries / program), *arguments],
            check=True,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
        )

    data = str(folder / "data")
    run(
        "initdb",
        "-D",
        data,
        "-U",
        "postgres",
        "-A",
        "trust",
        "-N",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
    )
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
    run("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql://postgres@/postgres?host={folder}"
    finally:
        run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a PostgreSQL that tests may make schemas in; skips where there is none."""
    given = os.environ.get("PRODUCTOPS_TEST_POSTGRES_URL")
    if given:
        yield given
        return
    binaries = _binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL: install postgresql, or set PRODUCTOPS_TEST_POSTGRES_URL")
    yield from _private_server(binaries)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def archive_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of an empty database, once for each engine."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/archive.sqlite"
        return
    server: str = request.getfixturevalue("postgres_server")
    schema = f"archive_{os.getpid()}_{next(_NUMBERS)}"
    engine = open_engine(server)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    yield f"{server}{'&' if '?' in server else '?'}options=-csearch_path%3D{schema}"
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA IF EXISTS {schema} CASCADE"))
        connection.execute(text(f"DROP SCHEMA IF EXISTS {schema}_rebuild CASCADE"))
    engine.dispose()


@pytest.fixture
def engine(archive_url: str) -> Iterator[Engine]:
    """A migrated, empty read model."""
    made = open_engine(archive_url)
    upgrade(made)
    yield made
    made.dispose()


@pytest.fixture
def empty() -> Callable[[Engine], None]:
    """Empties a read model between the examples of one property."""

    def emptied(engine: Engine) -> None:
        with engine.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())

    return emptied


@pytest.fixture
def story() -> Story:
    """A story of its own, each partition beginning at offset 0."""
    return Story()


@pytest.fixture
def take() -> Callable[..., None]:
    """Projects records and writes them in one batch, without offsets."""

    def taken(engine: Engine, *records: Record) -> None:
        Writer(engine).write(Batch([project(record) for record in records], ()))

    return taken


@pytest.fixture
def rows() -> Callable[[Engine, Table], list[dict[str, Any]]]:
    """All rows of a table as dictionaries, by primary key."""

    def read(engine: Engine, table: Table) -> list[dict[str, Any]]:
        with engine.connect() as connection:
            found = connection.execute(select(table).order_by(*table.primary_key))
            return [dict(row) for row in found.mappings()]

    return read
