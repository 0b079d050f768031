"""One task's transactional producer: how a chunk's writes become one Kafka transaction.

Raises ``FencedError`` when another process has taken the task over; every other Kafka error
leaves the transaction to be aborted by the caller.
"""

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import (
    IllegalOperation,
    InvalidProducerEpoch,
    InvalidProducerIdMapping,
    KafkaError,
    ProducerFenced,
)
from aiokafka.structs import OffsetAndMetadata

from schemas.envelope import CONTENT_TYPE
from schemas.partitioner import partition_for
from workers.processor import Emission
from workers.streaming.connection.closing import stop_producer

__all__ = ["TRANSACTION_SECONDS", "FencedError", "LateError", "Producer"]

_BATCH_BYTES = 512 * 1024
_REQUEST_BYTES = 2 * 1024 * 1024
_TIMEOUT_MS = 30_000
TRANSACTION_SECONDS = 40.0
"""Longer than the broker lets a transaction be open: what is not committed by then never is. The
client itself retries for ever, so whoever writes a transaction has to bound it by this."""
_RETRY_MS = 20
"""While a coordinator ends the former transaction it refuses the next one for some milliseconds.
The client's own 100 ms would be the 99th percentile of what a chunk takes."""
_START_SECONDS = 30.0
_STOP_SECONDS = 2.0
_HEADERS = [("content-type", CONTENT_TYPE.encode())]
_FENCED = (ProducerFenced, InvalidProducerEpoch, InvalidProducerIdMapping)

Row = tuple[bytes | None, bytes | None]


class FencedError(Exception):
    """The transactional id belongs to somebody else now: drop the task, write nothing."""


class LateError(FencedError):
    """A transaction did not end in time: it is lost, and whether the id with it is not known."""

    remedy = (
        "nothing is lost; it is tried again in smaller parts. If this line comes again and again, "
        "look at the broker: its disk, its load, replicas that do not follow"
    )


class Producer:
    """The transactions of one transactional id."""

    def __init__(self, transactional_id: str, settings: Mapping[str, Any]) -> None:
        self.transactional_id = transactional_id
        self._producer = AIOKafkaProducer(
            **settings,
            client_id=transactional_id,
            transactional_id=transactional_id,
            transaction_timeout_ms=_TIMEOUT_MS,
            max_batch_size=_BATCH_BYTES,
            max_request_size=_REQUEST_BYTES,
            acks="all",
            linger_ms=0,
            retry_backoff_ms=_RETRY_MS,
        )
        self._sent: list[tuple[Awaitable[Any], int]] = []
        self._open = False
        self._reached: dict[tuple[str, int], int] = {}

    async def start(self) -> None:
        """Register the transactional id: fences its former holder, ends what it left open.

        Raises ``TimeoutError`` when no coordinator answers: the client itself would ask for ever.
        """
        try:
            async with asyncio.timeout(_START_SECONDS):
                await _guarded(self._producer.start())
        except TimeoutError as error:
            raise TimeoutError(
                f"no coordinator of the transactional id {self.transactional_id} has answered "
                f"within {_START_SECONDS:.0f} s"
            ) from error

    async def stop(self) -> None:
        """Close the connections; what is open on the broker is aborted by the next holder.

        The client's own ``stop`` waits until all is sent, without a bound while a broker is
        away. After a moment it is cut short: what was not committed is of no use to anybody.
        """
        await stop_producer(self._producer, patience=_STOP_SECONDS)

    async def begin(self) -> None:
        """Begin a transaction."""
        self._sent.clear()
        await self._guarded(self._producer.begin_transaction())
        self._open = True

    async def write_events(
        self, emissions: Iterable[Emission], partitions: Mapping[str, int]
    ) -> None:
        """Write emissions to the partitions of their keys, in order within each."""
        grouped: dict[tuple[str, int], list[Row]] = {}
        for emission in emissions:
            partition = partition_for(emission.key, partitions[emission.topic])
            grouped.setdefault((emission.topic, partition), []).append(
                (emission.key, emission.value)
            )
        for (topic, partition), rows in grouped.items():
            await self._write(topic, partition, rows, _HEADERS)

    async def write_rows(self, topic: str, partition: int, rows: Iterable[Row]) -> None:
        """Write raw rows to one partition."""
        await self._write(topic, partition, rows, [])

    async def send_offsets(
        self, offsets: Mapping[TopicPartition, OffsetAndMetadata], group: str
    ) -> None:
        """Make the group's offsets part of the transaction."""
        await self._guarded(self._producer.send_offsets_to_transaction(dict(offsets), group))

    async def commit(self) -> None:
        """Commit; raises the first error of any write before anything is committed."""
        reached: dict[tuple[str, int], int] = {}
        for sent, count in self._sent:
            written = await self._guarded(sent)
            reached[written.topic, written.partition] = written.offset + count
        self._sent.clear()
        await self._guarded(self._producer.commit_transaction())
        self._open = False
        self._reached |= reached

    def reached(self, topic: str, partition: int) -> int | None:
        """The offset after the last record that this producer has committed there, if any."""
        return self._reached.get((topic, partition))

    async def abort(self) -> None:
        """Abort what is open; errors are of no interest, for nothing was committed."""
        for sent, _ in self._sent:
            if hasattr(sent, "cancel"):
                sent.cancel()
        self._sent.clear()
        if not self._open:
            return
        self._open = False
        await self._guarded(self._producer.abort_transaction())

    async def _write(
        self, topic: str, partition: int, rows: Iterable[Row], headers: list[tuple[str, bytes]]
    ) -> None:
        batch = self._producer.create_batch()
        append = batch.append
        for key, value in rows:
            if append(timestamp=None, key=key, value=value, headers=headers) is None:
                await self._send(batch, topic, partition)
                batch = self._producer.create_batch()
                append = batch.append
                append(timestamp=None, key=key, value=value, headers=headers)
        if batch.record_count():
            await self._send(batch, topic, partition)

    async def _send(self, batch: Any, topic: str, partition: int) -> None:
        batch.close()
        count = batch.record_count()
        sending = self._producer.send_batch(batch, topic, partition=partition)
        sent = await self._guarded(sending)
        sent.add_done_callback(_retrieve)
        self._sent.append((sent, count))

    async def _guarded(self, awaitable: Awaitable[Any]) -> Any:
        """As ``_guarded``, and what fails only because the sender was fenced counts as fenced.

        Once the client's background sender has ended, every call fails with "not in a
        transaction". Taken for an ordinary error it would make a woken owner take the task back.
        """
        try:
            return await _guarded(awaitable)
        except (KafkaError, IllegalOperation) as error:
            ended = _end_of(self._producer)
            if ended is not None:
                raise FencedError(type(ended).__name__) from error
            raise


def _retrieve(sent: "asyncio.Future[Any]") -> None:
    """``commit`` raises the first error: asyncio shall not complain about the others."""
    if not sent.cancelled():
        sent.exception()


def _end_of(producer: AIOKafkaProducer) -> BaseException | None:
    """Why the client's background sender has ended, if that was a fencing."""
    sender = producer._sender.sender_task  # noqa: SLF001 - no public way
    if sender is None or not sender.done() or sender.cancelled():
        return None
    error: BaseException | None = sender.exception()
    while error is not None and not isinstance(error, _FENCED):
        error = error.__cause__
    return error


async def _guarded(awaitable: Awaitable[Any]) -> Any:
    """Await, with the many ways of being fenced told as one."""
    try:
        return await awaitable
    except _FENCED as error:
        raise FencedError(type(error).__name__) from error
    except KafkaError as error:
        if isinstance(error.__cause__, _FENCED):
            raise FencedError(type(error.__cause__).__name__) from error
        raise
