"""Faust's aiokafka driver with five differences.

* ``getmany`` yields one message a fetched chunk (a ``Chunk``) instead of one a record.
* Faust's own committing is off: offsets travel in the task's transaction. As shipped it
  commits past messages in flight, and commits although a send failed.
* Reading is ``read_committed``, with larger fetches and a short wait.
* Assignment is by range, so that partition *p* of every input goes to the same worker.
* Nothing is skipped in silence: chunks know their assignment and where they begin, partitions
  without a commit are sought, too, and an offset that Kafka no longer holds is reported.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from operator import attrgetter
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import (
    IllegalStateError,
    KafkaError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
    TopicAuthorizationFailedError,
)
from faust.transport.drivers import aiokafka as driver
from faust.types.tuples import ConsumerMessage
from mode.threads import WorkerThread

from schemas.topics import CLOCK_TICKED
from workers.streaming.backoff import backoff
from workers.streaming.connection.closing import stop_consumer
from workers.streaming.consumers.answers import last_answer
from workers.streaming.consumers.static_member import StaticMember
from workers.streaming.engine.recovery.committed import CommittedOffsets, Offsets
from workers.streaming.transport.chunk import Chunk

__all__ = ["ChunkConsumer", "ChunkTransport"]

_FETCH_WAIT_MS = 250
_FETCH_BYTES = 4 * 1024 * 1024
_PARTITION_FETCH_BYTES = 1024 * 1024
_METADATA_MS = 5_000
"""How soon the client hears that it may not read a topic any more, whatever it waits for."""
_POLL_SECONDS = 0.5
_END_SECONDS = 5.0
_ASK_AGAIN_SECONDS = 0.1
_ASK_AGAIN_MOST_SECONDS = 2.0

_size = attrgetter("serialized_value_size")

Fetched = dict[TopicPartition, Chunk]


class _Worker(WorkerThread):
    """A thread that keeps no process from ending, whatever its client still waits for.

    A client that its group refuses waits, also when it is to stop, for somebody to ask why.
    """

    def __init__(self, service: Any, **kwargs: Any) -> None:
        super().__init__(service, **kwargs)
        self.daemon = True

    def stop(self) -> None:
        """Wait for its end, which blocks; in vain at most a moment."""
        self.is_stopped.wait(_END_SECONDS)


class _ConsumerThread(driver.AIOKafkaConsumerThread):
    """The thread in which the aiokafka consumer lives."""

    Worker = _Worker
    epoch = 0
    """Counts assignments. A chunk is of the assignment that its records were taken out under,
    whenever the fetch began: a fetch that waits through a rebalance brings records of the new
    one, and the consumer's position has passed them."""
    _assignment: Any = None
    _reached: Mapping[TopicPartition, int] = {}

    @property
    def refusal(self) -> Exception | None:
        """Why the group or a topic refuses us; the client tells only who asks."""
        if self._consumer is None:
            return None
        coordinator = getattr(self._consumer, "_coordinator", None)
        found: Exception | None = getattr(coordinator, "_pending_exception", None)
        return found or _unreadable(self._consumer)

    @property
    def last_answer(self) -> float | None:
        """See ``workers.streaming.consumers.answers``."""
        return None if self._consumer is None else last_answer(self._consumer)

    def _renew(self, assignment: Any) -> int:
        if assignment is not self._assignment:
            self._assignment = assignment
            self._reached = {}
            self.epoch += 1
        return self.epoch

    async def on_partitions_assigned(self, assigned: Any, generation_id: int = 0) -> None:
        """A new epoch, then Faust's handling."""
        consumer = self._ensure_consumer()
        self._renew(consumer._subscription.subscription.assignment)  # noqa: SLF001 - no public way
        await super().on_partitions_assigned(assigned, generation_id)

    async def on_thread_stop(self) -> None:
        """As Faust's own, which would wait for the broker as long as for any answer."""
        await super(driver.AIOKafkaConsumerThread, self).on_thread_stop()
        if self._consumer is not None:
            await stop_consumer(self._consumer)

    async def seek_to_committed(self) -> Any:
        """Seek every partition, those without a commit to their beginning.

        The client's own way leaves those where a dropped fetch has moved them.
        """
        return await self.call_thread(self._seek_to_committed, self._ensure_consumer())

    async def _seek_to_committed(self, consumer: AIOKafkaConsumer) -> dict[TopicPartition, int]:
        assignment = consumer._subscription.subscription.assignment  # noqa: SLF001 - no public way
        sought: dict[TopicPartition, int] = {}
        self._renew(assignment)
        if assignment is None:
            return sought
        committed = await self._committed(assignment)
        if committed is None:
            return sought
        for tp in assignment.tps:
            try:
                if tp in committed:
                    offset, _ = committed[tp]
                    consumer.seek(tp, offset)
                else:
                    await consumer.seek_to_beginning(tp)
                    offset = await consumer.position(tp)
            except IllegalStateError:  # a rebalance came, after which all is sought anew
                break
            if assignment is self._assignment:
                sought[tp] = offset
                self._reached = {**self._reached, tp: offset}
        return sought

    async def _committed(self, assignment: Any) -> Offsets | None:
        """What the group has committed; ``None`` when the assignment ends before that is known."""
        ask = CommittedOffsets(self.transport.client_settings, self.app.conf.id)
        failures = 0
        while assignment.active and not self.should_stop:
            try:
                return await ask(assignment.tps)
            except (KafkaError, OSError) as error:
                if not getattr(error, "retriable", True):
                    raise
            failures += 1
            await asyncio.sleep(
                backoff(failures, first=_ASK_AGAIN_SECONDS, most=_ASK_AGAIN_MOST_SECONDS)
            )
        return None

    def _create_worker_consumer(self, transport: Any) -> AIOKafkaConsumer:
        conf = self.app.conf
        self._assignor = RangePartitionAssignor
        static = conf.consumer_group_instance_id is not None
        make = StaticMember if static else AIOKafkaConsumer
        return make(
            **transport.client_settings,
            client_id=conf.broker_client_id,
            group_id=conf.id,
            group_instance_id=conf.consumer_group_instance_id,
            partition_assignment_strategy=[RangePartitionAssignor],
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="none",  # an expired offset must not be skipped in silence
            max_poll_records=conf.broker_max_poll_records,
            max_poll_interval_ms=int(conf.broker_max_poll_interval * 1000),
            max_partition_fetch_bytes=_PARTITION_FETCH_BYTES,
            fetch_max_bytes=_FETCH_BYTES,
            fetch_max_wait_ms=_FETCH_WAIT_MS,
            request_timeout_ms=int(conf.broker_request_timeout * 1000),
            session_timeout_ms=int(conf.broker_session_timeout * 1000),
            rebalance_timeout_ms=int(conf.broker_rebalance_timeout * 1000),
            heartbeat_interval_ms=int(conf.broker_heartbeat_interval * 1000),
            metadata_max_age_ms=_METADATA_MS,
        )

    async def _fetch_records(
        self,
        consumer: AIOKafkaConsumer,
        active_partitions: Any,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is Faust's
        max_records: int | None = None,
    ) -> Any:
        """What arrived, as chunks, with positions read in the same turn of this thread's loop."""
        try:
            records = await super()._fetch_records(
                consumer, active_partitions, timeout=timeout, max_records=max_records
            )
        except NoOffsetForPartitionError as error:
            await consumer.seek_to_beginning(error.args[0])
            return {}
        except OffsetOutOfRangeError as error:
            return await self._out_of_range(consumer, error.args[0])
        assignment = consumer._subscription.subscription.assignment  # noqa: SLF001 - no public way
        if assignment is None:
            return {}
        epoch = self._renew(assignment)
        chunks: Fetched = {}
        for tp in active_partitions or ():
            if tp not in assignment.tps:
                continue
            state = assignment.state_value(tp)
            if not state.has_valid_position:
                continue
            found, start = records.get(tp, ()), self._reached.get(tp)
            if found or start != state.position:
                ours = TopicPartition(tp.topic, tp.partition)
                chunks[tp] = Chunk(
                    ours, found, state.position, epoch, start, sum(map(_size, found))
                )
                self._reached = {**self._reached, ours: state.position}
        return chunks

    async def _out_of_range(
        self, consumer: AIOKafkaConsumer, offsets: Mapping[TopicPartition, int]
    ) -> Fetched:
        """Tell the tasks, once; ticks of the clock that are gone are of no interest."""
        chunks: Fetched = {}
        for tp, offset in offsets.items():
            if tp.topic == CLOCK_TICKED.name:
                await consumer.seek_to_beginning(tp)
            else:
                consumer.pause(tp)
                chunks[tp] = Chunk(tp, (), offset, self.epoch, gone=True)
        return chunks


def _unreadable(consumer: AIOKafkaConsumer) -> Exception | None:
    """The topics that we may not read any more. Asking for its positions the client waits on."""
    unreadable = consumer._client.cluster.unauthorized_topics & consumer.subscription()  # noqa: SLF001
    return TopicAuthorizationFailedError(unreadable) if unreadable else None


class ChunkConsumer(driver.Consumer):
    """Yields chunks; never commits."""

    @property
    def epoch(self) -> int:
        """Epoch of the present assignment."""
        epoch: int = self._thread.epoch
        return epoch

    @property
    def refusal(self) -> Exception | None:
        """Why the group or a topic refuses us, if one does."""
        refusal: Exception | None = self._thread.refusal
        return refusal

    @property
    def last_answer(self) -> float | None:
        """When Kafka last answered a fetch."""
        answer: float | None = self._thread.last_answer
        return answer

    def _new_consumer_thread(self) -> _ConsumerThread:
        return _ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def getmany(
        self,
        timeout: float,  # noqa: ASYNC109 - the signature is Faust's
    ) -> AsyncIterator[tuple[Any, ConsumerMessage]]:
        """One message a chunk, in the order of arrival."""
        del timeout
        chunks, _ = await self._wait_next_records(_POLL_SECONDS)
        if not chunks or self.should_stop:
            return
        if not self.flow_active:
            await self.perform_seek()
            return
        generation = self.app.consumer_generation_id
        for tp, chunk in chunks.items():
            if not self.flow_active or self.app.consumer_generation_id != generation:
                break
            yield tp, self._chunk_message(chunk)

    def _chunk_message(self, chunk: Chunk) -> ConsumerMessage:
        first = chunk.records[0].offset if chunk.records else chunk.next_offset - 1
        return ConsumerMessage(
            chunk.tp.topic,
            chunk.tp.partition,
            first,
            None,  # no timestamp: the records have theirs
            0,
            None,
            None,
            chunk,
            None,
            0,
            0,
            chunk.tp,
            generation_id=self.app.consumer_generation_id,
        )

    async def commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:  # noqa: FBT001, FBT002
        """Nothing: offsets travel in the task's transaction."""
        del topics, start_new_transaction
        return False

    async def _commit(self, offsets: Mapping[Any, int]) -> bool:
        del offsets
        return False

    async def _add_gap(self, tp: Any, offset_from: int, offset_to: int) -> None:
        """Nothing: gaps between offsets are of interest to Faust's commits only."""
        del tp, offset_from, offset_to

    def ack(self, message: Any) -> bool:
        """Mark as handled; Faust's bookkeeping of offsets is not kept."""
        message.acked = True
        self._unacked_messages.discard(message)
        return True


class ChunkTransport(driver.Transport):
    """The transport whose consumer yields chunks. ``client_settings`` are set by the app."""

    Consumer = ChunkConsumer
    client_settings: Mapping[str, Any]
