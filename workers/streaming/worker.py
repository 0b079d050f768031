"""One role in one process: the Faust app around the engine, from start to orderly stop."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from workers.config.settings import KafkaSettings, Membership, MemorySettings
from workers.streaming.access.dates import refused_date
from workers.streaming.access.reasons import refused_right
from workers.streaming.app import input_topic, make_app
from workers.streaming.connection.clients import client_settings
from workers.streaming.connection.hearing import Hearing
from workers.streaming.connection.reach import until_reachable
from workers.streaming.engine.halts.fuse import FuseLimits
from workers.streaming.engine.halts.memory import (
    MemoryBound,
    physical_bytes,
    resident_bytes,
    share_of_limit,
)
from workers.streaming.engine.ownership import Ownership
from workers.streaming.engine.probe import NO_PROBE, Probe
from workers.streaming.engine.recovery.committed import CommittedOffsets
from workers.streaming.engine.recovery.standby import Standby
from workers.streaming.engine.role import Role
from workers.streaming.engine.task import TaskSettings
from workers.streaming.engine.watch import TaskWatch

__all__ = ["StreamWorker", "WorkerFailedError"]

log = structlog.get_logger(__name__)

_STUCK_SECONDS = 120.0
_LAG_SECONDS = 2.0
_SESSIONS_TO_REOPEN = 2
_MEBIBYTE = 1024 * 1024


class WorkerFailedError(Exception):
    """The worker could not go on; the message says why. The process has to end."""


class StreamWorker:
    """Runs one role until it is stopped or fails."""

    def __init__(
        self,
        role: Role,
        kafka: KafkaSettings,
        watch: TaskWatch,
        *,
        data_dir: Path,
        probe: Probe = NO_PROBE,
        chunk_records: int = 5_000,
        membership: Membership = Membership(),  # noqa: B008 - frozen
        memory: MemorySettings = MemorySettings(),  # noqa: B008 - frozen
        wall: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        fuse: FuseLimits = FuseLimits(),  # noqa: B008 - frozen
    ) -> None:
        """``chunk_records``: about how many records one transaction covers at most."""
        self._role = role
        self._watch = watch
        self._client = client_settings(kafka)
        self._hearing = Hearing(self._client, role.name)
        self._failure: BaseException | None = None
        self._ended = asyncio.Event()
        self._app = make_app(
            role,
            self._client,
            data_dir=data_dir,
            max_poll_records=chunk_records,
            membership=membership,
        )
        limit = (memory.limit_mb or 0) * _MEBIBYTE or share_of_limit(physical=physical_bytes())
        self.standby = Standby(
            self._client,
            role,
            follows=memory.standby,
            memory=MemoryBound(limit, resident_bytes),
            watch=watch,
        )
        self.ownership = Ownership(
            role,
            TaskSettings(
                client=self._client,
                offsets=CommittedOffsets(self._client, role.group),
                watch=watch,
                probe=probe,
                chunk_records=chunk_records,
                fuse=fuse,
                wall=wall,
                memory=MemoryBound(limit, resident_bytes, relieve=self.standby.give_up),
            ),
            self.standby,
            pause=lambda tps: self._app.consumer.pause_partitions(_sets(tps)),
            resume=lambda tps: self._app.consumer.resume_partitions(_sets(tps)),
            failed=self._fail,
            reopen_after=membership.session_seconds * _SESSIONS_TO_REOPEN,
        )
        self._connect()

    def _connect(self) -> None:
        """Hook the engine into Faust's extension points."""
        app, ownership = self._app, self.ownership

        async def on_revoked(_app: Any, revoked: Any, **_kwargs: Any) -> None:
            del revoked
            await ownership.revoked()

        async def on_assigned(_app: Any, assigned: Any, **_kwargs: Any) -> None:
            await ownership.assigned(assigned)

        async def dispatch(stream: Any) -> None:
            async for chunk in stream:
                if chunk.epoch == app.consumer.epoch:
                    ownership.accept(chunk)

        app.on_partitions_revoked.connect(on_revoked, weak=False)
        app.on_partitions_assigned.connect(on_assigned, weak=False)
        app.agent(input_topic(app, self._role), name=f"{self._role.name}-chunks")(dispatch)

    @property
    def ready(self) -> bool:
        """Assigned and restored, and Kafka answers."""
        return self.ownership.ready and self._failure is None and not self._hearing.silent

    @property
    def alive(self) -> bool:
        """Whether every owned task has moved lately, and a broker that is there answers us."""
        now = time.monotonic()
        well = self._failure is None and not self._hearing.deaf
        return well and all(
            now - task.progressed_at < _STUCK_SECONDS or not task.ready
            for task in self.ownership.tasks.values()
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Run until ``stop``; raises ``WorkerFailedError``.

        A broker that does not answer is waited for, unready.
        """
        if not await until_reachable(self._client, stop):
            return
        # Faust's start ends when the group has taken us in, which may be never.
        starting = asyncio.create_task(self._app.start(), name="start")
        aside = [
            asyncio.create_task(self._aside(self._measure_lag()), name="lag"),
            asyncio.create_task(self._aside(self.standby.run()), name="standby"),
        ]
        watchers = [
            asyncio.create_task(stop.wait(), name="stop"),
            asyncio.create_task(self._ended.wait(), name="ended"),
            asyncio.create_task(self._app.wait_until_stopped(), name="faust"),
        ]
        try:
            await asyncio.wait([starting, *watchers], return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                if not starting.cancelled() and (error := starting.exception()) is not None:
                    self._fail(error)
                await asyncio.wait(watchers, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for watcher in (starting, *watchers, *aside):
                watcher.cancel()
            await self.ownership.close()
            await self._app.stop()
        failure = self._failure or self._app.crash_reason
        if failure is not None:
            reason = (
                refused_right(failure)
                or refused_date(failure, datetime.now(UTC))
                or f"{type(failure).__name__}: {failure}"
            )
            raise WorkerFailedError(f"role {self._role.name}: {reason}") from failure

    async def _measure_lag(self) -> None:
        """Distance of each task from the end of its inputs, as the last fetch reported it.

        And whether Kafka answers, and the group still wants us.
        """
        while True:
            await asyncio.sleep(_LAG_SECONDS)
            consumer = self._app.consumer
            await self._hearing.listen(consumer.last_answer)
            if consumer.refusal is not None:
                self._fail(consumer.refusal)
            for partition, task in self.ownership.tasks.items():
                if not task.positions:
                    continue  # not known yet
                behind = {
                    tp: max(0, (consumer.highwater(tp) or 0) - position)
                    for tp, position in task.positions.items()
                }
                self._watch.lag(partition, sum(behind.values()), task.waits(behind, time.time()))
                self._watch.queued(partition, task.inbox.records, paused=task.inbox.paused)

    async def _aside(self, work: Coroutine[Any, Any, None]) -> None:
        """Work beside the tasks; an error that it did not expect ends the process, too."""
        try:
            await work
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody else would hear of it
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        self._failure = self._failure or error
        self._ended.set()


def _sets(tps: Any) -> Any:
    from faust.types import TP  # noqa: PLC0415 - Faust's own tuple, wanted by its consumer

    return {TP(tp.topic, tp.partition) for tp in tps}
