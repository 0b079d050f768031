"""Bring a database to the present tables, or say how far it is from them."""

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

__all__ = ["Migrated", "NotMigratedError", "head", "require_current", "revision_of", "upgrade"]

_SCRIPTS = Path(__file__).parent / "migrations"
_LOCK = 7_301_944_120_260
"""Advisory lock on PostgreSQL: two processes that start together migrate one after the other."""


class NotMigratedError(Exception):
    """The database is older or newer than this program. The message names the command."""


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a migration did: from which revision to which; ``None`` is an empty database."""

    before: str | None
    after: str

    @property
    def changed(self) -> bool:
        """Whether there was anything to do."""
        return self.before != self.after


def upgrade(engine: Engine) -> Migrated:
    """Migrate to the newest tables in one transaction; safe to call from several processes.

    Raises ``NotMigratedError`` when the database is of a newer version of this program.
    """
    config = _config()
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        before = _revision(connection)
        if before is not None and not _known(before):
            raise NotMigratedError(_TOO_NEW.format(before))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return Migrated(before, head())


def revision_of(engine: Engine) -> str | None:
    """The revision a database is at, or ``None`` where nothing has been migrated."""
    with engine.connect() as connection:
        return _revision(connection)


def require_current(engine: Engine) -> None:
    """Raises ``NotMigratedError`` unless the tables are those this program knows."""
    found = revision_of(engine)
    if found == head():
        return
    if found is None:
        raise NotMigratedError(
            "the read model's database is empty: start the archive role, or run "
            "`productops archive migrate`"
        )
    if not _known(found):
        raise NotMigratedError(_TOO_NEW.format(found))
    raise NotMigratedError(
        f"the read model's tables are of revision {found}, this program knows {head()}: run "
        "`productops archive migrate`"
    )


def head() -> str:
    """The newest revision this program knows."""
    newest = ScriptDirectory(str(_SCRIPTS)).get_current_head()
    if newest is None:
        msg = f"no migrations in {_SCRIPTS.name}"
        raise LookupError(msg)
    return newest


_TOO_NEW = (
    "the read model's tables are of revision {}, which this program does not know: "
    "it is older than the one that made them; upgrade it"
)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    return config


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _known(revision: str) -> bool:
    scripts = ScriptDirectory(str(_SCRIPTS)).walk_revisions()
    return any(script.revision == revision for script in scripts)
