"""The roles by name: how each is put together from settings and configuration.

A worker on the streaming platform is registered in ``stream_roles`` and named here.
"""

import asyncio
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from connectors.base.clock import SystemClock
from workers.config.load import Configuration
from workers.config.settings import Settings
from workers.observability.metrics import Metrics
from workers.observability.tracing.tracer import NO_TRACER, Tracer
from workers.runtime.process import Runnable

__all__ = ["ROLES", "RoleSpec", "metrics_port"]


@dataclass(frozen=True, slots=True)
class RoleSpec:
    """One role: what it does, and how it is made. Imports happen in ``make``."""

    name: str
    summary: str
    make: Callable[[Settings, Configuration, Metrics, Tracer], Runnable]
    serves_itself: bool = False
    """Whether its own HTTP server has the health addresses, too."""


def metrics_port(settings: Settings, name: str) -> int:
    """Port of a role's ``/metrics``: the first role's, and so on in the order of ``ROLES``."""
    if ROLES[name].serves_itself:
        return settings.web_port
    return settings.metrics_port + list(ROLES).index(name)


def _connectors(
    settings: Settings, configuration: Configuration, metrics: Metrics, tracer: Tracer
) -> Runnable:
    from workers.ingest.role import ConnectorsRole  # noqa: PLC0415 - each role loads its own

    return ConnectorsRole(configuration, settings, metrics, SystemClock(), tracer)


def _stream(name: str) -> Callable[[Settings, Configuration, Metrics, Tracer], Runnable]:
    """Makes the stream role of this name."""

    def make(
        settings: Settings, configuration: Configuration, metrics: Metrics, tracer: Tracer
    ) -> Runnable:
        from workers.runtime.stream_roles import STREAM_ROLES  # noqa: PLC0415
        from workers.streaming.engine.halts.fuse import NO_FUSE, FuseLimits  # noqa: PLC0415
        from workers.streaming.metrics_watch import MetricsWatch  # noqa: PLC0415
        from workers.streaming.worker import StreamWorker  # noqa: PLC0415

        watch = MetricsWatch(name, metrics)
        if tracer is not NO_TRACER:
            from workers.streaming.traced_watch import TracedWatch  # noqa: PLC0415

            watch = TracedWatch(name, metrics, tracer)
        return StreamWorker(
            STREAM_ROLES[name](configuration, metrics, tracer),
            settings.kafka,
            watch,
            data_dir=settings.state_dir / "faust",
            membership=settings.membership,
            memory=settings.memory,
            fuse=FuseLimits() if settings.fuse else NO_FUSE,
        )

    return make


def _archive(
    settings: Settings, configuration: Configuration, metrics: Metrics, tracer: Tracer
) -> Runnable:
    from workers.archive.intake.role import ArchiveRole  # noqa: PLC0415

    del configuration
    return ArchiveRole(settings, metrics, tracer)


class _Web:
    """The pages as a runnable: they serve their own health addresses."""

    alive = True

    def __init__(
        self, settings: Settings, configuration: Configuration, metrics: Metrics, _tracer: Tracer
    ) -> None:
        self._settings = settings
        self._configuration = configuration
        self._metrics = metrics
        self._ready = asyncio.Event()

    @property
    def ready(self) -> bool:
        return self._ready.is_set()

    async def run(self, stop: asyncio.Event) -> None:
        from workers.letters.actions import KafkaLetterActions  # noqa: PLC0415
        from workers.web.options import WebOptions  # noqa: PLC0415
        from workers.web.runner import run_web  # noqa: PLC0415

        kafka = self._settings.kafka
        await run_web(
            self._settings,
            self._configuration,
            self._metrics,
            clock=SystemClock(),
            options=WebOptions.of(self._settings.web_host, os.environ),
            stop=stop,
            ready=self._ready,
            letters=KafkaLetterActions(kafka, SystemClock()) if kafka.servers else None,
        )


ROLES: Mapping[str, RoleSpec] = {
    spec.name: spec
    for spec in (
        RoleSpec("connectors", "read the sources, tick the clock", _connectors),
        RoleSpec("feedback", "classify and route", _stream("feedback")),
        RoleSpec("delivery", "send messages", _stream("delivery")),
        RoleSpec("archive", "project events into SQL", _archive),
        RoleSpec("web", "serve the pages", _Web, serves_itself=True),
    )
}
"""Every role, in the order in which they are started and stopped."""
