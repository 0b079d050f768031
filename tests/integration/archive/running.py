"""An archive in this process, and waiting for what it does."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from workers.archive.intake.role import ArchiveRole
from workers.config.settings import Settings
from workers.observability.metrics import Metrics

__all__ = ["running", "until"]


async def until(condition: Callable[[], bool], what: str, seconds: float = 150) -> None:
    """Poll until the condition holds; fails the test, saying what did not come to pass."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    for pause in itertools.repeat(0.05):
        if condition():
            return
        if loop.time() > deadline:
            pytest.fail(f"not within {seconds:.0f} s: {what}")
        await asyncio.sleep(pause)


@asynccontextmanager
async def running(
    settings: Settings, group: str, metrics: Metrics | None = None, *, ready: bool = True
) -> AsyncIterator[ArchiveRole]:
    """The role of a group, once it is ready; told to stop in the end."""
    role, stop = ArchiveRole(settings, metrics, group=group), asyncio.Event()
    task = asyncio.create_task(role.run(stop))
    try:
        if ready:
            await until(lambda: role.ready or task.done(), "the archive is ready")
        yield role
    finally:
        stop.set()
        await asyncio.wait_for(task, 60)
