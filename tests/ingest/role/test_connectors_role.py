"""The connectors role on a real Kafka: sources side by side, an end when it is told."""

import asyncio
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from connectors.base.clock import SystemClock
from connectors.files import Settings as FilesSettings
from tests.ingest.conftest import Seen
from tests.integration.streaming.in_process import until
from workers.config.load import Configuration
from workers.config.settings import KafkaSettings, Settings
from workers.config.sources import Source
from workers.ingest.role import ConnectorsRole
from workers.observability.metrics import Metrics

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]


class Waiting(SystemClock):
    """The clock on the wall; a source that waits for its next pull has been read to its end."""

    def __init__(self, waits: int) -> None:
        self._left = waits
        self.all_wait = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        """Wait; the pauses of the sources are longer than any other."""
        if seconds >= 60:
            self._left -= 1
            if self._left == 0:
                self.all_wait.set()
        await super().sleep(seconds)


def configured(*names: str) -> Configuration:
    """Sources that read ``NAME.csv`` in the folder of the configuration."""
    sources = [Source(name=name, connector="files", every=timedelta(hours=1)) for name in names]
    settings = {
        name: FilesSettings.model_validate(
            {"path": f"{name}.csv", "columns": {"id": "id", "text": "text"}}
        )
        for name in names
    }
    parts = SimpleNamespace(sources=tuple(sources), settings=settings)
    return cast("Configuration", parts)


async def test_sources_run_side_by_side_and_a_broken_one_harms_no_other(
    topics: KafkaSettings,
    seen: Callable[[str], Seen],
    unique: Callable[[str], str],
    tmp_path: Path,
) -> None:
    """Two sources are read though a third cannot be; told to stop, the role ends at once."""
    good, other, broken = unique("good"), unique("other"), unique("broken")
    (tmp_path / f"{good}.csv").write_text("id,text\n1,Slow\n2,Late\n", encoding="utf-8")
    (tmp_path / f"{other}.csv").write_text("id,text\n9,Nice\n", encoding="utf-8")
    settings = Settings(tmp_path, tmp_path, topics, "sqlite://")
    clock = Waiting(2)
    role: Any = ConnectorsRole(configured(good, broken, other), settings, Metrics(), clock)
    assert not role.ready
    stop = asyncio.Event()
    running = asyncio.create_task(role.run(stop))
    over = asyncio.create_task(clock.all_wait.wait())
    await asyncio.wait({running, over}, timeout=90, return_when=asyncio.FIRST_COMPLETED)
    assert over.done(), "both good sources are read to their end"
    await until(lambda: role.ready, "the clock has ticked")
    await until(lambda: bool(seen(broken).checkpoints), "the broken source has been tried")
    assert role.alive
    stop.set()
    await asyncio.wait_for(running, 20)
    assert not role.alive
    assert len(seen(good).received) == 2
    assert len(seen(other).received) == 1
    (told,) = seen(broken).checkpoints
    assert told["status"] == "stopped"
    assert f"{broken}.csv" in told["remedy"]


class Ahead(SystemClock):
    """A clock that has jumped."""

    def now(self) -> datetime:
        """The same moment for ever."""
        return datetime(2099, 1, 1, tzinfo=UTC)


async def test_a_role_whose_clock_has_jumped_ahead_is_not_ready(
    topics: KafkaSettings, tmp_path: Path
) -> None:
    """Kafka takes nothing of what it writes; the log says why."""
    settings = Settings(tmp_path, tmp_path, topics, "sqlite://")
    role: Any = ConnectorsRole(configured(), settings, Metrics(), Ahead())
    stop = asyncio.Event()
    with capture_logs() as told:
        running = asyncio.create_task(role.run(stop))
        async with asyncio.timeout(90):
            while not told:  # noqa: ASYNC110 - what is waited for is a log line
                await asyncio.sleep(0.01)
        assert (role.ready, role.alive) == (False, True)
        stop.set()
        await asyncio.wait_for(running, 20)
    assert "this machine's clock says 2099-01-01" in told[0]["error"]


async def test_a_role_without_a_broker_waits_and_is_not_ready(tmp_path: Path) -> None:
    """One line says what it waits for, instead of each source and the clock saying it."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound, but not listening: connections are refused
        kafka = KafkaSettings((f"127.0.0.1:{nobody.getsockname()[1]}",))
        settings = Settings(tmp_path, tmp_path, kafka, "sqlite://")
        metrics = Metrics()
        role: Any = ConnectorsRole(configured("good"), settings, metrics, SystemClock())
        assert (
            metrics.registry.get_sample_value(
                "productops_source_interval_seconds", {"source": "good"}
            )
            == 3_600
        ), "what is to be read is told from the start"
        stop = asyncio.Event()
        with capture_logs() as told:
            running = asyncio.create_task(role.run(stop))
            async with asyncio.timeout(90):
                while not told:  # noqa: ASYNC110 - what is waited for is a log line
                    await asyncio.sleep(0.01)
            assert not role.ready
            stop.set()
            await asyncio.wait_for(running, 20)
    assert [entry["event"] for entry in told] == ["kafka_unreachable"]
