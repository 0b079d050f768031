"""What libraries say in the best of health, and nobody has to read."""

import logging

__all__ = ["NOISE", "WithoutFencings", "WithoutRetries"]

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


NOISE: tuple[tuple[str, logging.Filter], ...] = (
    ("aiokafka.producer.sender", WithoutRetries()),
    ("asyncio", WithoutFencings()),
)
"""Loggers, and what is left out of them."""
