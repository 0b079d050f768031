"""The connectors role: one poller a source, side by side, and the clock."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from functools import partial
from typing import Any

import structlog

from connectors.base.contract import Clock, Connector
from connectors.base.http.transport import AsyncTransport, Borrowed, network
from connectors.base.registry import ConnectorContext, spec_named
from workers.config.load import Configuration
from workers.config.settings import Settings
from workers.config.sources import Source
from workers.ingest.clock import run_clock
from workers.ingest.poller import Poller
from workers.ingest.publisher import Publisher
from workers.ingest.standing import ClockStanding
from workers.ingest.turning import TurningClock
from workers.ingest.watch import SourceWatch
from workers.observability.metrics import Metrics
from workers.observability.tracing.tracer import NO_TRACER, Tracer
from workers.observability.turn import Turn
from workers.streaming.connection.clients import client_settings
from workers.streaming.connection.reach import until_reachable
from workers.streaming.engine.halts.fuse import NO_FUSE, FuseLimits

__all__ = ["ConnectorsRole"]

log = structlog.get_logger(__name__)


class ConnectorsRole:
    """Runs all sources of the configuration in one process."""

    def __init__(
        self,
        configuration: Configuration,
        settings: Settings,
        metrics: Metrics,
        clock: Clock,
        tracer: Tracer = NO_TRACER,
    ) -> None:
        self._configuration = configuration
        self._settings = settings
        self._client = client_settings(settings.kafka)
        self._watch = SourceWatch(metrics, tracer)
        self._watch.expect(configuration.sources)
        self._clock = clock
        self._running = False
        self._ticking = ClockStanding(clock)
        self._ended = False
        self._turns: list[Turn] = []

    @property
    def alive(self) -> bool:
        """Whether the clock and every source that is not stopped still come round."""
        return not self._ended and not any(turn.late for turn in self._turns)

    @property
    def ready(self) -> bool:
        """Whether the sources are being read, and the clock's ticks get into their topic."""
        return self._running and self._ticking.well

    async def run(self, stop: asyncio.Event) -> None:
        """Run until ``stop``; raises what ends the clock or a poller unexpectedly.

        A broker that does not answer is waited for, unready.
        """
        if not await until_reachable(self._client, stop):
            return
        async with network() as transport:
            await self._until(
                stop,
                self._going_round("clock", self._tick),
                *(
                    self._going_round(
                        f"source-{source.name}", partial(self._poll, source, transport)
                    )
                    for source in self._configuration.sources
                ),
            )

    def _going_round(
        self, name: str, work: Callable[[Clock], Coroutine[Any, Any, None]]
    ) -> asyncio.Task[None]:
        """Begin a loop, by a clock that tells whether it moves."""
        turn = Turn(monotonic=self._clock.monotonic)
        self._turns.append(turn)

        async def round_and_round() -> None:
            with turn.going_round():
                await work(TurningClock(self._clock, turn))

        return asyncio.create_task(round_and_round(), name=name)

    async def _tick(self, clock: Clock) -> None:
        await run_clock(self._client, clock, self._ticking)

    async def _poll(self, source: Source, transport: AsyncTransport, clock: Clock) -> None:
        await self._poller(source, transport, clock).run()

    async def _until(self, stop: asyncio.Event, *tasks: asyncio.Task[None]) -> None:
        """Let the tasks run until ``stop``; a task that has ended well is not missed."""
        stopped = asyncio.create_task(stop.wait(), name="stop")
        pending: set[asyncio.Task[Any]] = {*tasks, stopped}
        self._running = True
        try:
            while not stop.is_set():
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
        finally:
            self._ended = True
            for task in (*tasks, stopped):
                task.cancel()
            await asyncio.gather(*tasks, stopped, return_exceptions=True)

    def _poller(self, source: Source, transport: AsyncTransport, clock: Clock) -> Poller:
        def connect(since: datetime) -> Connector:
            spec = spec_named(source.connector)
            context = ConnectorContext(
                source_name=source.name,
                transport=Borrowed(transport),
                clock=clock,
                observer=self._watch,
                since=since,
                folder=self._settings.config_dir,
            )
            return spec.make(self._configuration.settings[source.name], context)

        return Poller(
            source,
            connect,
            Publisher(source.name, self._client),
            self._watch,
            clock,
            fuse=FuseLimits() if self._settings.fuse else NO_FUSE,
        )
