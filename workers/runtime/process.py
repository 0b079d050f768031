"""A role as a process: logs, metrics, health, signals, orderly end."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import structlog

from workers import __version__
from workers.config.settings import Settings
from workers.observability.metrics import Metrics
from workers.observability.server import health_app, serve
from workers.observability.stuck import STUCK_SECONDS, StuckDetector
from workers.runtime.collector import calm_collector
from workers.runtime.stop_limit import STOP_SECONDS, StopLimit

__all__ = ["Runnable", "run_process"]

log = structlog.get_logger(__name__)

_BEAT_SECONDS = 1.0


class Runnable(Protocol):
    """A role that runs on an event loop until it is told to stop."""

    @property
    def ready(self) -> bool:
        """Whether it does its work: assigned, restored, caught up."""
        ...

    @property
    def alive(self) -> bool:
        """Whether it still moves."""
        ...

    async def run(self, stop: asyncio.Event) -> None:
        """Run until ``stop`` is set; raises when it cannot go on."""
        ...


def run_process(
    role: str,
    runnable: Runnable,
    metrics: Metrics,
    settings: Settings,
    port: int | None,
    *,
    stop_seconds: float = STOP_SECONDS,
    stuck_seconds: float = STUCK_SECONDS,
) -> None:
    """Run a role in this process until SIGTERM or SIGINT; raises what the role raises.

    ``port`` is that of the health addresses, ``None`` for a role that serves them itself. The
    process ends ``stop_seconds`` after the signal at the latest, and with exit code 1 soon after
    ``stuck_seconds`` in which the event loop or the role has not moved.
    """
    calm_collector()
    metrics.gauge("productops_build_info", __version__).set(1)
    limit = StopLimit(stop_seconds)

    async def watched() -> None:
        with _watched(runnable, stuck_seconds):
            await _run(role, runnable, metrics, settings, port=port, limit=limit)

    asyncio.run(watched())


async def _run(
    role: str,
    runnable: Runnable,
    metrics: Metrics,
    settings: Settings,
    *,
    port: int | None,
    limit: StopLimit,
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
        # The loop is woken all the same. The limit does not wait for it, for it may be blocked.
        signal.signal(number, lambda *_: limit.start(loop))
    log.info("role_started", role=role, port=port)
    await _serve(role, runnable, metrics, settings, port=port, stop=stop)


@contextmanager
def _watched(runnable: Runnable, stuck_seconds: float) -> Iterator[None]:
    """A detector that ends the process when the loop or the role no longer moves."""
    detector = StuckDetector(stuck_seconds, loop=asyncio.get_running_loop())

    async def beat() -> None:
        while True:
            if runnable.alive:
                detector.beat()
            await asyncio.sleep(_BEAT_SECONDS)

    beating = asyncio.create_task(beat(), name="beat")
    detector.start()
    try:
        yield
    finally:
        detector.stop()
        beating.cancel()


async def _serve(
    role: str,
    runnable: Runnable,
    metrics: Metrics,
    settings: Settings,
    *,
    port: int | None,
    stop: asyncio.Event,
) -> None:
    if port is None:
        await runnable.run(stop)
        return
    app = health_app(role, metrics, alive=lambda: runnable.alive, ready=lambda: runnable.ready)
    server = asyncio.create_task(serve(app, settings.metrics_host, port, stop), name="health")
    work = asyncio.create_task(runnable.run(stop), name="role")
    try:
        await _first_to_end(work, server)
    finally:
        stop.set()
        await asyncio.gather(server, return_exceptions=True)
        log.info("role_stopped", role=role)


async def _first_to_end(work: asyncio.Future[None], server: asyncio.Task[None]) -> None:
    """Until the work ends; an early end of the server (port taken) ends the work, too."""
    await asyncio.wait((work, server), return_when=asyncio.FIRST_COMPLETED)
    if server.done() and not work.done() and server.exception() is not None:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        server.result()
    await work
