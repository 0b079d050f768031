"""Faust's aiokafka driver with four differences.

* ``getmany`` yields one message a fetched chunk (a ``Chunk``) instead of one a record.
* Faust's own committing is off: offsets travel in the task's transaction. As shipped it
  commits past messages in flight, and commits although a send failed.
* Reading is ``read_committed``, with larger fetches and a short wait.
* Assignment is by range, so that partition *p* of every input goes to the same worker.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from faust.transport.drivers import aiokafka as driver
from faust.types.tuples import ConsumerMessage

from workers.streaming.transport.chunk import Chunk

__all__ = ["ChunkConsumer", "ChunkTransport"]

_FETCH_WAIT_MS = 250
_FETCH_BYTES = 4 * 1024 * 1024
_PARTITION_FETCH_BYTES = 1024 * 1024
_POLL_SECONDS = 0.5

Fetched = dict[TopicPartition, Chunk]


class _ConsumerThread(driver.AIOKafkaConsumerThread):
    """The thread in which the aiokafka consumer lives."""

    epoch = 0
    """Counts assignments given up."""

    async def on_partitions_revoked(self, revoked: Any) -> None:
        """Faust's handling, which stops the flow; then a new epoch: no fetch spans both."""
        await super().on_partitions_revoked(revoked)
        self.epoch += 1

    def _create_worker_consumer(self, transport: Any) -> AIOKafkaConsumer:
        conf = self.app.conf
        self._assignor = RangePartitionAssignor
        return AIOKafkaConsumer(
            **transport.client_settings,
            client_id=conf.broker_client_id,
            group_id=conf.id,
            group_instance_id=conf.consumer_group_instance_id,
            partition_assignment_strategy=[RangePartitionAssignor],
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_records=conf.broker_max_poll_records,
            max_poll_interval_ms=int(conf.broker_max_poll_interval * 1000),
            max_partition_fetch_bytes=_PARTITION_FETCH_BYTES,
            fetch_max_bytes=_FETCH_BYTES,
            fetch_max_wait_ms=_FETCH_WAIT_MS,
            request_timeout_ms=int(conf.broker_request_timeout * 1000),
            session_timeout_ms=int(conf.broker_session_timeout * 1000),
            rebalance_timeout_ms=int(conf.broker_rebalance_timeout * 1000),
            heartbeat_interval_ms=int(conf.broker_heartbeat_interval * 1000),
            metadata_max_age_ms=30_000,
        )

    async def _fetch_records(
        self,
        consumer: AIOKafkaConsumer,
        active_partitions: Any,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is Faust's
        max_records: int | None = None,
    ) -> Any:
        """What arrived, as chunks, with positions read in the same turn of this thread's loop."""
        epoch = self.epoch  # as the fetch begins: a rebalance may come while it waits
        records = await super()._fetch_records(
            consumer, active_partitions, timeout=timeout, max_records=max_records
        )
        assignment = consumer._subscription.subscription.assignment  # noqa: SLF001 - no public way
        if assignment is None:
            return {}
        chunks: Fetched = {}
        for tp in active_partitions or ():
            if tp not in assignment.tps:
                continue
            state = assignment.state_value(tp)
            if not state.has_valid_position:
                continue
            found = records.get(tp, ())
            if found or self._moved(tp, state.position):
                chunks[tp] = Chunk(
                    TopicPartition(tp.topic, tp.partition), found, state.position, epoch
                )
        return chunks

    def _moved(self, tp: TopicPartition, position: int) -> bool:
        known: dict[TopicPartition, int] = self.__dict__.setdefault("_positions", {})
        moved = known.get(tp) != position
        known[tp] = position
        return moved


class ChunkConsumer(driver.Consumer):
    """Yields chunks; never commits."""

    @property
    def epoch(self) -> int:
        """Epoch of the present assignment."""
        epoch: int = self._thread.epoch
        return epoch

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
