"""What the command line asks of the archive, with errors in words."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from aiokafka.errors import KafkaError
from sqlalchemy.exc import DBAPIError

from workers.archive.engine import open_engine
from workers.archive.intake.cluster import cluster_id
from workers.archive.intake.fuses import PartitionsHaltedError
from workers.archive.intake.intake import IntakeFailedError
from workers.archive.intake.role import owner_name
from workers.archive.intake.source import KafkaSource
from workers.archive.migrate import Migrated, NotMigratedError, upgrade
from workers.archive.projection import ARCHIVED_TOPICS
from workers.archive.rebuild import RebuildRunningError, Rebuilt, rebuild
from workers.archive.status import Status, status
from workers.config.settings import Settings
from workers.streaming.connection.clients import client_settings
from workers.streaming.engine.halts.fuse import NO_FUSE, FuseLimits
from workers.streaming.topics.admin import ClusterError

__all__ = [
    "ArchiveError",
    "ArchiveRefusedError",
    "migrate_model",
    "model_status",
    "rebuild_model",
]


class ArchiveError(Exception):
    """The read model cannot do what was asked. The message says why and what to do."""


class ArchiveRefusedError(ArchiveError):
    """It must not be done now."""


def migrate_model(settings: Settings) -> Migrated:
    """Bring the tables to this program's; raises ``ArchiveError``, ``DatabaseUrlError``."""
    with _errors():
        engine = open_engine(settings.database_url)
        try:
            return upgrade(engine)
        finally:
            engine.dispose()


def model_status(settings: Settings) -> Status:
    """How far the model is; raises ``ArchiveError``, ``DatabaseUrlError``."""
    with _errors():
        engine = open_engine(settings.database_url, read_only=True)
        try:
            return status(engine, datetime.now(UTC))
        finally:
            engine.dispose()


def rebuild_model(
    settings: Settings, *, exchange: bool, tell: Callable[[int], None] | None = None
) -> Rebuilt:
    """Build the model anew from the topics; raises ``ArchiveError``, ``DatabaseUrlError``.

    And ``ArchiveRefusedError`` while another process does so.

    ``tell`` is called every few seconds with the records that are still to be read.
    """
    with _errors():
        return asyncio.run(_rebuild(settings, exchange=exchange, tell=tell))


async def _rebuild(
    settings: Settings, *, exchange: bool, tell: Callable[[int], None] | None
) -> Rebuilt:
    topics = [topic.name for topic in ARCHIVED_TOPICS]
    cluster = await asyncio.to_thread(cluster_id, settings.kafka)
    source = KafkaSource(client_settings(settings.kafka), topics, group=None)
    try:
        await source.start()
        return await rebuild(
            settings.database_url,
            source,
            owner=f"rebuild {owner_name()}"[:128],
            cluster_id=cluster,
            exchange=exchange,
            tell=tell,
            fuse=FuseLimits() if settings.fuse else NO_FUSE,
        )
    finally:
        await source.stop()


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except RebuildRunningError as error:
        raise ArchiveRefusedError(str(error)) from error
    except PartitionsHaltedError as error:
        raise ArchiveError(
            f"the model in use was left as it is: {error}. Take a version that can read them; if "
            "the records themselves are beyond reading, run it again with PRODUCTOPS_FUSE=false: "
            "they are set aside in the table unreadable"
        ) from error
    except (NotMigratedError, ClusterError, IntakeFailedError) as error:
        raise ArchiveError(str(error)) from error
    except KafkaError as error:
        raise ArchiveError(
            f"Kafka: {type(error).__name__}. Check `productops topics plan` and the connection"
        ) from error
    except DBAPIError as error:
        raise ArchiveError(
            f"the read model's database does not answer: {type(error.orig).__name__}. Check "
            "PRODUCTOPS_DATABASE_URL and that the server runs"
        ) from error
