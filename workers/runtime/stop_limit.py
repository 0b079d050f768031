"""A role that was told to stop ends, whatever it waits for."""

import asyncio
import os
import threading
from collections.abc import Callable

import structlog

from workers.observability.last_words import end_telling
from workers.observability.stacks import stacks

__all__ = ["STOP_SECONDS", "StopLimit"]

log = structlog.get_logger(__name__)

STOP_SECONDS = 15.0
"""From the signal to the end of the process at the latest.

In the worst case a stream role takes 5 s for the chunk in hand, 5 s for side effects and the
producer of what it abandons, and 3 s for its consumer. Where Kafka answers it takes one.
"""
_EXIT_CODE = 1


def _end() -> None:
    os._exit(_EXIT_CODE)  # whatever should end in order has not


class StopLimit:
    """Ends the process some seconds after ``start``.

    It is never called off: whoever starts it means to end, and the interpreter's own end waits
    for threads, too.
    """

    def __init__(self, seconds: float = STOP_SECONDS, *, end: Callable[[], None] = _end) -> None:
        self._seconds = seconds
        self._end = end
        self._started = False

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """From now on the time runs; a second call changes nothing.

        Who is late tells where the tasks of ``loop`` stand.
        """
        if self._started:
            return
        self._started = True
        timer = threading.Timer(self._seconds, self._late, (loop,))
        timer.daemon = True
        timer.start()

    def _late(self, loop: asyncio.AbstractEventLoop) -> None:
        end_telling(lambda: self._tell(loop), self._end)

    def _tell(self, loop: asyncio.AbstractEventLoop) -> None:
        log.error(
            "role_stop_late",
            seconds=self._seconds,
            reason="the role was told to stop and has not ended; what it had in hand is abandoned, "
            "and read again by whoever is next",
            stacks=stacks(loop),
        )
