"""A process that no longer moves tells where it stands, and ends so that it can be restarted.

Heartbeats of the broker go on in a thread of their own, so a blocked event loop would keep its
partitions and do nothing with them. A watching thread notices, writes the stacks of all threads
and tasks to the log, and ends the process.
"""

import asyncio
import os
import threading
import time
from collections.abc import Callable

import structlog

from workers.observability.last_words import end_telling
from workers.observability.stacks import stacks

__all__ = ["STUCK_SECONDS", "StuckDetector"]

log = structlog.get_logger(__name__)

STUCK_SECONDS = 120.0
_CHECK_SECONDS = 1.0
_EXIT_CODE = 1


def _end() -> None:
    os._exit(_EXIT_CODE)  # nothing can be stopped in order: the loop that would do it hangs


class StuckDetector:
    """Ends the process when no ``beat`` came for ``limit`` seconds.

    A process that was stopped as a whole (SIGSTOP) and goes on is not stuck: it takes two
    checks in a row without a beat between them. ``loop`` is the one whose tasks are told.
    """

    def __init__(
        self,
        limit: float = STUCK_SECONDS,
        *,
        loop: asyncio.AbstractEventLoop | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        end: Callable[[], None] = _end,
    ) -> None:
        self._limit = limit
        self._loop = loop
        self._monotonic = monotonic
        self._end = end
        self._last = monotonic()
        self._suspected = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="stuck-detector", daemon=True)

    def beat(self) -> None:
        """Everything moves."""
        self._last = self._monotonic()
        self._suspected = False

    def check(self) -> None:
        """Look once."""
        if self._monotonic() - self._last <= self._limit:
            return
        if not self._suspected:
            self._suspected = True
            return
        end_telling(self._tell, self._end)

    def start(self) -> None:
        """Watch in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Watch no longer."""
        self._stopping.set()
        self._thread.join()

    def _tell(self) -> None:
        log.critical("process_stuck", seconds=round(self._limit), stacks=stacks(self._loop))

    def _watch(self) -> None:
        while not self._stopping.wait(_CHECK_SECONDS):
            self.check()
