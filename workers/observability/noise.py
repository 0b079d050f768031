"""What libraries say in the best of health, and nobody has to read."""

import logging
import time
from collections.abc import Callable

__all__ = ["NOISE", "OncePerMinute", "WithoutFencings", "WithoutRetries"]

_MINUTE = 60.0
_KIND_CHARS = 60
_MOST_KINDS = 1_000
_RETRYING = "Got error produce response on topic-partition"
_UNREAD = "Future exception was never retrieved"
_FENCINGS = {"ProducerFenced", "InvalidProducerEpoch", "InvalidProducerIdMapping"}


class WithoutRetries(logging.Filter):
    """Leaves out that the Kafka client writes a batch once more.

    A broker answers so for a moment when a transaction begins while the former one's markers are
    still being written (KIP-890), which is every few minutes in the best of health. What a retry
    does not mend ends the transaction, and that is told.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """See ``logging.Filter``."""
        return not str(record.msg).startswith(_RETRYING)


class WithoutFencings(logging.Filter):
    """Leaves out asyncio's stacks of futures that the Kafka client gave up with a fenced producer.

    Nobody waits for them: being fenced is told once, as the line ``task_fenced``.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """See ``logging.Filter``."""
        kind = record.exc_info[0] if record.exc_info else None
        fenced = kind is not None and kind.__name__ in _FENCINGS
        return not (fenced and record.getMessage().startswith(_UNREAD))


class OncePerMinute(logging.Filter):
    """Lets each kind of line of a library through once a minute.

    While a broker is away its clients write hundreds of lines a second, which say in their words
    what a role says once.
    """

    def __init__(self, *libraries: str, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._libraries = libraries
        self._clock = clock
        self._told: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """See ``logging.Filter``."""
        if record.levelno >= logging.CRITICAL or not record.name.startswith(self._libraries):
            return True
        kind, now = (record.name, str(record.msg)[:_KIND_CHARS]), self._clock()
        if now - self._told.get(kind, -_MINUTE) < _MINUTE:
            return False
        if len(self._told) >= _MOST_KINDS:
            self._told.clear()
        self._told[kind] = now
        return True


NOISE: tuple[tuple[str, logging.Filter], ...] = (
    ("aiokafka.producer.sender", WithoutRetries()),
    ("asyncio", WithoutFencings()),
)
"""Loggers, and what is left out of them."""
