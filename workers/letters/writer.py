"""Writes to Kafka in transactions, one after the other; no wait is without a bound.

kafka-python's ``flush()`` and ``commit_transaction()`` wait for as long as the broker is away, and
``close()`` leaves its thread running when it gives up. So the same is done here from their parts.
"""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from kafka import KafkaProducer, TopicPartition
from kafka.errors import (
    InvalidProducerEpochError,
    InvalidProducerIdMappingError,
    KafkaError,
    KafkaTimeoutError,
    ProducerFencedError,
    TransactionCoordinatorFencedError,
)

from schemas.partitioner import partition_for
from workers.config.settings import KafkaSettings
from workers.letters.decision import Write
from workers.letters.seam import LettersError
from workers.streaming.connection.clients import admin_settings

__all__ = ["TRANSACTIONAL_ID", "Writer", "fenced"]

TRANSACTIONAL_ID = "productops-dlq"
"""Of whoever replays or drops."""

_FENCED = (
    InvalidProducerEpochError,
    InvalidProducerIdMappingError,
    ProducerFencedError,
    TransactionCoordinatorFencedError,
)
_SECONDS = 30.0
"""For one answer of Kafka. A transaction is ended by the broker after as long."""
_REQUEST_BYTES = 2 * 1024 * 1024
_BOOTSTRAP_MS = 10_000
_CLOSE_SECONDS = 2.0
_ONCE_MORE = "Run it again when the brokers answer: what was done is not done twice"


def _go_on() -> None:
    return


class Writer:
    """A producer of whoever replays or drops: a newer one fences it."""

    def __init__(
        self,
        kafka: KafkaSettings,
        *,
        seconds: float = _SECONDS,
        written: Callable[[], None] = _go_on,
    ) -> None:
        """Raises ``KafkaError`` when Kafka cannot be reached.

        ``written`` is called between a batch's last record and its commit: where tests interfere.
        """
        self._seconds = seconds
        self._written = written
        self._producer: Any = KafkaProducer(
            **admin_settings(kafka),
            client_id=TRANSACTIONAL_ID,
            transactional_id=TRANSACTIONAL_ID,
            transaction_timeout_ms=int(_SECONDS * 1000),
            max_block_ms=int(seconds * 1000),
            max_request_size=_REQUEST_BYTES,
            acks="all",
            bootstrap_timeout_ms=_BOOTSTRAP_MS,
        )

    def take_over(self) -> None:
        """Fence every other writer, and end what it left open."""
        self._producer.init_transactions()

    def commit(self, writes: Iterable[Write]) -> None:
        """Write them all or none; raises ``KafkaError``, and ``LettersError`` without an answer."""
        deadline = time.monotonic() + self._seconds
        self._producer.begin_transaction()
        try:
            for sent in [self._send(write) for write in writes]:
                sent.get(timeout=max(0.0, deadline - time.monotonic()))
        except KafkaTimeoutError as error:
            raise LettersError(
                f"Kafka has not taken the records within {self._seconds:.0f} s, so that none of "
                f"this batch was written. {_ONCE_MORE}"
            ) from error
        self._written()
        self._end()

    def _end(self) -> None:
        result = self._producer._transaction_manager.begin_commit()  # noqa: SLF001 - no public way
        self._producer._sender.wakeup()  # noqa: SLF001
        unknown = f"It is not known whether this batch was written. {_ONCE_MORE}"
        try:
            answered = result.wait(timeout_ms=self._seconds * 1000)
        except KafkaError as error:
            if fenced(error):
                raise
            raise LettersError(f"Kafka has not committed: {error}. {unknown}") from error
        if not answered:
            raise LettersError(
                f"Kafka has not said within {self._seconds:.0f} s that it has committed. {unknown}"
            )

    def close(self) -> None:
        """Let the connections go, and the thread that serves them."""
        sender = self._producer._sender  # noqa: SLF001 - no public way
        with suppress(KafkaError):
            self._producer.close(timeout=_CLOSE_SECONDS)
        if sender.is_alive():  # close() waits for records first, and gives up there
            sender.force_close()
            sender.join(_CLOSE_SECONDS)
            with suppress(KafkaError):
                self._producer.close(timeout=0)

    def _send(self, write: Write) -> Any:
        partition = write.partition
        partitions = self._producer.partitions_for(write.topic)
        if partition is None:
            if write.key is None:
                msg = f"a record for {write.topic} has neither key nor partition"
                raise ValueError(msg)
            partition = partition_for(write.key, len(partitions))
        nothing = write.key is None and write.value is None
        if nothing or any(value is None for _, value in write.headers):
            return self._append(TopicPartition(write.topic, partition), write)
        return self._producer.send(
            write.topic,
            key=write.key,
            value=write.value,
            headers=list(write.headers),
            partition=partition,
        )

    def _append(self, place: Any, write: Write) -> Any:
        """What ``send`` does, for records that it refuses though Kafka takes them."""
        producer = self._producer
        headers = _Headers(write.headers)
        producer._ensure_valid_record_size(  # noqa: SLF001 - no public way
            producer._estimate_size_in_bytes(write.key, write.value, headers)  # noqa: SLF001
        )
        producer._transaction_manager.maybe_add_partition_to_transaction(place)  # noqa: SLF001
        sent, *_ = producer._accumulator.append(  # noqa: SLF001
            place, None, write.key, write.value, headers
        )
        producer._sender.wakeup()  # noqa: SLF001
        return sent


class _Headers(list[tuple[str, bytes | None]]):
    """Some of them null: kafka-python writes those, and only stumbles where it adds up lengths.

    It does so for whoever asks for them afterwards, and not when there seem to be none.
    """

    def __bool__(self) -> bool:
        return False


def fenced(error: KafkaError) -> bool:
    """Whether somebody else has taken over; kafka-python wraps it when it finds out later."""
    return any(isinstance(one, _FENCED) for one in (error, error.__cause__, *error.args))
