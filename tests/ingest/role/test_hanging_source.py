"""A source that hangs: the role is no longer alive, whatever its other loops do."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from pydantic import BaseModel, SecretStr

from connectors.base.clock import SystemClock
from connectors.files import Settings as FilesSettings
from connectors.support.zendesk.settings import Settings as ZendeskSettings
from tests.ingest.scripts import StepClock, to_its_end
from tests.integration.streaming.in_process import until
from workers.config.load import Configuration
from workers.config.settings import KafkaSettings, Settings
from workers.config.sources import Source
from workers.ingest.role import ConnectorsRole
from workers.ingest.turning import TurningClock
from workers.observability.metrics import Metrics
from workers.observability.turn import PATIENCE_SECONDS, Turn


async def test_who_asks_for_the_time_moves_and_who_sleeps_is_not_missed() -> None:
    """A turn is told of each question, and of each sleep before it begins."""
    now = 0.0
    turn = Turn(patience=60, monotonic=lambda: now)
    steps = StepClock(2)
    clock = TurningClock(steps, turn)
    with turn.going_round():
        for ask in (clock.now, clock.monotonic):
            now += 61
            assert turn.late
            ask()
            assert not turn.late
        now += 61
        await clock.sleep(3_600)
        now += 60
        assert not turn.late
        now += 1
        assert turn.late, "it is awake, the sleep no longer counts"
        assert not await to_its_end(clock.sleep(3_600), steps)
        now += 3_600 + 60
        assert not turn.late
        now += 1
        assert turn.late


class Ahead(SystemClock):
    """The clock on the wall, from which much time can be skipped."""

    skipped = 0.0

    def monotonic(self) -> float:
        """Seconds, with those that were skipped."""
        return time.monotonic() + self.skipped


@asynccontextmanager
async def a_vendor_that_never_answers() -> AsyncIterator[tuple[str, asyncio.Event]]:
    """Its address, and whether it was asked."""
    asked, over = asyncio.Event(), asyncio.Event()

    async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.set()
        await over.wait()
        writer.close()

    server = await asyncio.start_server(keep, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked
    finally:
        over.set()
        server.close()
        await server.wait_closed()


@pytest.mark.kafka
@pytest.mark.timeout(300)
@pytest.mark.parametrize("hangs", [True, False])
async def test_a_role_with_a_source_that_hangs_is_not_alive(
    topics: KafkaSettings, unique: Callable[[str], str], tmp_path: Path, *, hangs: bool
) -> None:
    """Half an hour later, though its clock ticks; one that rests until its next pull is alive."""
    resting, hanging = unique("resting"), unique("hanging")
    (tmp_path / f"{resting}.csv").write_text("id,text\n1,Slow\n", encoding="utf-8")
    files = FilesSettings.model_validate(
        {"path": f"{resting}.csv", "columns": {"id": "id", "text": "text"}}
    )
    settings = Settings(tmp_path, tmp_path, topics, "sqlite://")
    clock, stop, metrics = Ahead(), asyncio.Event(), Metrics()

    def role(sources: dict[str, tuple[str, BaseModel]]) -> ConnectorsRole:
        parts = SimpleNamespace(
            sources=tuple(
                Source(name=name, connector=vendor, every=timedelta(hours=1))
                for name, (vendor, _) in sources.items()
            ),
            settings={name: told for name, (_, told) in sources.items()},
        )
        return ConnectorsRole(cast("Configuration", parts), settings, metrics, clock)

    def read() -> bool:
        return bool(
            metrics.registry.get_sample_value(
                "productops_source_last_success_timestamp_seconds", {"source": resting}
            )
        )

    async with a_vendor_that_never_answers() as (address, asked):
        desk = ZendeskSettings(base_url=address, email="lead@example.com", api_token=SecretStr("t"))
        sources: dict[str, tuple[str, BaseModel]] = {resting: ("files", files)}
        if hangs:
            sources[hanging] = ("zendesk", desk)
        else:
            asked.set()
        tried = role(sources)
        running = asyncio.create_task(tried.run(stop))
        try:
            await until(lambda: tried.ready and asked.is_set() and read(), "all are under way")
            assert tried.alive
            clock.skipped += PATIENCE_SECONDS + 60
            await until(lambda: tried.ready, "the clock has ticked again")
            assert tried.alive is not hangs
        finally:
            stop.set()
            await asyncio.wait_for(running, 20)
