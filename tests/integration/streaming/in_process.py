"""A worker in the process of its test, and waiting on the event loop."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.integration.streaming.recording import RecordingWatch
from workers.config.settings import KafkaSettings, MemorySettings
from workers.processor import Processor
from workers.streaming.engine.role import Role
from workers.streaming.worker import StreamWorker

WAIT_SECONDS = 150.0


async def until(condition: Callable[[], bool], what: str) -> None:
    """Wait on the event loop until the condition holds; fails the test, saying what did not."""
    pause = asyncio.sleep
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            while not condition():
                await pause(0.05)
    except TimeoutError:
        raise AssertionError(f"not within {WAIT_SECONDS:.0f} s: {what}") from None


@asynccontextmanager
async def running(
    kafka: KafkaSettings,
    processor: Processor[Any, Any],
    memory: MemorySettings = MemorySettings(),  # noqa: B008 - frozen
    watch: RecordingWatch | None = None,
    **further: Any,
) -> AsyncIterator[tuple[StreamWorker, RecordingWatch]]:
    """A worker in this process."""
    watch = watch or RecordingWatch()
    worker = StreamWorker(
        Role(processor), kafka, watch, data_dir=Path("/nonexistent"), memory=memory, **further
    )
    stop = asyncio.Event()
    work = asyncio.create_task(worker.run(stop))
    try:
        yield worker, watch
    finally:
        stop.set()
        await work
