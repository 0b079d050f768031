"""A role of the tests as a process of its own: ``role_process.py FOLDER PORT MANNER [SECONDS]``.

It is ready while the file ``ready`` is in the folder and alive while ``stuck`` is not. What it
does is written to ``diary``, a line each. The manner is ``steady`` (runs until it is told to
stop), ``failing`` (raises once ``fail`` is in the folder), ``short`` (ends by itself), ``deaf``
(goes on when it is told to stop), ``alone`` (serves no health addresses), ``busy``, ``locked``
or ``talking`` (the event loop calculates, waits for a lock, or writes to the log, for ever), or
``waiting`` (a task waits for ever). With ``SECONDS`` it counts as stuck after so many.
"""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import structlog

from workers.config.settings import KafkaSettings, Settings
from workers.observability.logs import configure_logging
from workers.observability.metrics import Metrics
from workers.observability.stuck import STUCK_SECONDS
from workers.runtime.process import run_process
from workers.runtime.stop_limit import STOP_SECONDS

log = structlog.get_logger(__name__)

_LOOK_SECONDS = 0.01
HANGING = ("busy", "locked", "talking", "waiting")
STOP_SOON_SECONDS = 2.0
"""Enough to hear of the order to stop and write it down, on a loaded machine, too."""


class Scripted:
    """Fulfils ``Runnable``."""

    def __init__(self, folder: Path, manner: str) -> None:
        self._folder = folder
        self._manner = manner

    @property
    def ready(self) -> bool:
        """Whether the file is there."""
        return (self._folder / "ready").exists()

    @property
    def alive(self) -> bool:
        """Whether the other file is not."""
        return not (self._folder / "stuck").exists()

    async def run(self, stop: asyncio.Event) -> None:
        """Run in the manner."""
        self.note("running")
        try:
            if self._manner == "short":
                return
            while self._manner == "failing":
                if (self._folder / "fail").exists():
                    raise ArithmeticError("the sums do not add up")
                await asyncio.sleep(_LOOK_SECONDS)
            if self._manner == "busy":
                calculate_for_ever()
            if self._manner == "locked":
                take_a_lock_twice()
            if self._manner == "talking":
                talk_for_ever()
            if self._manner == "waiting":
                (self._folder / "stuck").touch()
                await asyncio.create_task(work(), name="task-3")
            await stop.wait()
            self.note("told to stop")
            if self._manner == "deaf":
                await wait_for_ever()
        finally:
            self.note("tidied up")

    def note(self, what: str) -> None:
        """Write into the diary."""
        with (self._folder / "diary").open("a", encoding="utf-8") as diary:
            diary.write(f"{what}\n")


def calculate_for_ever() -> None:
    """Never let go of the event loop."""
    while True:
        pass


def take_a_lock_twice() -> None:
    """Wait for oneself."""
    lock = threading.Lock()
    with lock, lock:
        pass


def talk_for_ever() -> None:
    """Until nobody listens."""
    while True:
        log.info("talks")


async def work() -> None:
    """Wait behind an ``async for``, as who reads a stream does."""
    async for _ in chunks():
        pass


async def chunks() -> AsyncIterator[None]:
    """Never yields."""
    await wait_for_ever()
    yield


async def wait_for_ever() -> None:
    """For what nobody will do."""
    await asyncio.Event().wait()


def main() -> None:
    """Run as a role does."""
    folder, port, manner = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    configure_logging("scripted", form="json")
    settings = Settings(folder, folder, KafkaSettings(), "sqlite://")
    role = Scripted(folder, manner)
    run_process(
        "scripted",
        role,
        Metrics(),
        settings,
        None if manner == "alone" else port,
        stop_seconds=STOP_SOON_SECONDS if manner in ("deaf", *HANGING) else STOP_SECONDS,
        stuck_seconds=float(sys.argv[4]) if len(sys.argv) > 4 else STUCK_SECONDS,
    )
    role.note("returned")


if __name__ == "__main__":
    main()
