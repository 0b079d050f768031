"""The archive role: migrates, joins its group, takes records in until it is stopped."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime
from typing import Any, TypeVar

import structlog
from aiokafka.errors import KafkaError
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from workers.archive.engine import open_engine
from workers.archive.intake.cluster import cluster_id
from workers.archive.intake.intake import Intake, IntakeFailedError
from workers.archive.intake.progress import STAGE, Progress
from workers.archive.intake.source import GROUP, KafkaSource
from workers.archive.meta import projection_is_current
from workers.archive.migrate import upgrade
from workers.archive.projection import ARCHIVED_TOPICS
from workers.archive.retention import expire
from workers.archive.writer import Writer
from workers.config.settings import Settings
from workers.observability.metrics import Metrics
from workers.observability.said import Said
from workers.observability.tracing.tracer import NO_TRACER, Tracer
from workers.observability.turn import Turn
from workers.streaming.access.reasons import in_words
from workers.streaming.connection.clients import client_settings
from workers.streaming.connection.hearing import Hearing
from workers.streaming.consumers.static_member import ReplicaTakenError
from workers.streaming.engine.halts.fuse import NO_FUSE, FuseLimits
from workers.streaming.topics.admin import ClusterError

__all__ = ["ArchiveRole", "owner_name"]

log = structlog.get_logger(__name__)

T = TypeVar("T")
_RETRY_SECONDS = 2.0
_LISTEN_SECONDS = 2.0
_SWEEP_SECONDS = 24 * 3_600.0


def owner_name() -> str:
    """This process, as the ``offsets`` table names it."""
    return f"{socket.gethostname()}/{os.getpid()}"[:128]


class ArchiveRole:
    """Runs in one process; several share the partitions out among them."""

    def __init__(
        self,
        settings: Settings,
        metrics: Metrics | None,
        tracer: Tracer = NO_TRACER,
        *,
        group: str = GROUP,
    ) -> None:
        self._settings = settings
        self._group = group
        self._metrics = metrics
        self._tracer = tracer
        self._client = client_settings(settings.kafka)
        self._hearing: Hearing | None = None
        self._intake: Intake | None = None
        self._turn = Turn()
        self._ended = False

    @property
    def alive(self) -> bool:
        """Whether the loop still comes round, once it has begun."""
        return not self._ended and not self._turn.late

    @property
    def ready(self) -> bool:
        """Whether records are being taken in, and Kafka answers."""
        reading = self._intake is not None and self._intake.ready
        return reading and self._hearing is not None and not self._hearing.silent

    async def run(self, stop: asyncio.Event) -> None:
        """Run until ``stop``. Waits, unready, for a database or a Kafka that is away.

        Raises ``NotMigratedError`` for a database of a newer version, ``DatabaseUrlError``,
        and ``IntakeFailedError`` when Kafka stays away or another process has our name.
        """
        engine = open_engine(self._settings.database_url)
        try:
            await _until_there(stop, "archive.database_unavailable", lambda: _prepare(engine))
            cluster = await _until_there(stop, "archive.kafka_unavailable", self._cluster)
            source = await _until_there(stop, "archive.kafka_unavailable", self._source)
            if source is not None:
                await self._take_in(engine, cluster, source, stop)
        finally:
            self._ended = True
            engine.dispose()

    async def _cluster(self) -> str:
        return await asyncio.to_thread(cluster_id, self._settings.kafka)

    async def _source(self) -> KafkaSource:
        topics = [topic.name for topic in ARCHIVED_TOPICS]
        source = KafkaSource(
            self._client, topics, group=self._group, membership=self._settings.membership
        )
        try:
            await source.start()
        except ReplicaTakenError as error:
            await source.stop()
            raise IntakeFailedError(str(error)) from error
        except BaseException:
            await source.stop()
            raise
        return source

    async def _take_in(
        self, engine: Engine, cluster: str | None, source: KafkaSource, stop: asyncio.Event
    ) -> None:
        self._intake = Intake(
            source,
            Writer(engine),
            owner=owner_name(),
            cluster_id=cluster,
            progress=Progress(self._metrics, self._tracer),
            fuse=FuseLimits() if self._settings.fuse else NO_FUSE,
            turn=self._turn,
        )
        self._hearing = Hearing(self._client, STAGE)
        try:
            await _beside(
                self._intake.run(stop),
                retention=_sweep(engine),
                hearing=_listen(self._hearing, self._intake, source),
            )
        finally:
            await source.stop()


async def _prepare(engine: Engine) -> None:
    migrated = await asyncio.to_thread(upgrade, engine)
    if migrated.changed:
        log.info("archive.migrated", before=migrated.before, after=migrated.after)
    if not await asyncio.to_thread(projection_is_current, engine):
        log.warning(
            "archive.outdated",
            reason="the rows were made by another version of the projection",
            remedy="run: productops archive rebuild",
        )


async def _until_there(
    stop: asyncio.Event, what: str, attempt: Callable[[], Awaitable[T]]
) -> T | None:
    """Try until it works; ``None`` when the archive is to stop first.

    Says why it waits at once, whenever the reason changes, and every minute.
    """
    said = Said()
    stopped = asyncio.create_task(stop.wait())
    try:
        while not stop.is_set():
            attempting = asyncio.ensure_future(attempt())
            try:
                await asyncio.wait((attempting, stopped), return_when=asyncio.FIRST_COMPLETED)
                if attempting.done():
                    return attempting.result()
            except (DBAPIError, ClusterError, KafkaError) as error:
                # a database's own words may hold parts of its address
                reason = type(error).__name__ if isinstance(error, DBAPIError) else in_words(error)
                if said.due(reason):
                    log.warning(what, reason=reason, retry_in_seconds=_RETRY_SECONDS)
                await asyncio.wait((stopped,), timeout=_RETRY_SECONDS)
            finally:
                if not attempting.done():
                    attempting.cancel()
                    await asyncio.gather(attempting, return_exceptions=True)
    finally:
        stopped.cancel()
    return None


async def _beside(work: Coroutine[Any, Any, None], **aside: Coroutine[Any, Any, None]) -> None:
    """The work, to its end; an error in what goes on beside it ends it, too, and is raised."""
    working = asyncio.create_task(work, name="archive")
    tasks = [working, *(asyncio.create_task(aside[one], name=f"archive-{one}") for one in aside)]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _listen(hearing: Hearing, intake: Intake, source: KafkaSource) -> None:
    """Whether Kafka answers; the loop itself would notice after its requests' 40 s."""
    while True:
        await asyncio.sleep(_LISTEN_SECONDS)
        await hearing.listen(source.last_answer if intake.listens else None)


async def _sweep(engine: Engine) -> None:
    """Once a day, rows past their retention go."""
    while True:
        try:
            gone = await asyncio.to_thread(expire, engine, datetime.now(UTC))
            if any(gone.values()):
                log.info("archive.expired", **gone)
        except DBAPIError as error:
            log.warning("archive.sweep_failed", reason=type(error).__name__)
        await asyncio.sleep(_SWEEP_SECONDS)
