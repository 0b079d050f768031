"""The part of Kafka the archive needs, as values: what it is given, and what it asks.

The archive never commits offsets to Kafka: they stand in the database. The group only shares
partitions out, so a taken-over partition is always sought to the database's offset.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import IllegalStateError, NoOffsetForPartitionError, OffsetOutOfRangeError

from workers.archive.ledger import Extent, Spot
from workers.config.settings import Membership
from workers.processor import Record
from workers.streaming.connection.closing import stop_consumer
from workers.streaming.consumers.answers import last_answer
from workers.streaming.consumers.static_member import StaticMember

__all__ = ["GROUP", "KafkaSource", "OwnershipChangedError", "PositionLostError", "Source"]

GROUP = "productops-archive"
FETCH_BYTES = 16 * 1024 * 1024
PARTITION_BYTES = 2 * 1024 * 1024


class PositionLostError(Exception):
    """A partition no longer holds the record that was asked for."""


class OwnershipChangedError(Exception):
    """Partitions were given or taken while they were being prepared: begin again."""


class Source(Protocol):
    """Partitions with records. Not thread-safe; used from one coroutine at a time."""

    @property
    def generation(self) -> int:
        """Counts up with each change of the assigned partitions."""
        ...

    @property
    def sharing(self) -> bool:
        """Whether partitions are being shared out just now, so that nobody knows whose they are."""
        ...

    def check(self) -> None:
        """Raises ``KafkaError`` where the group refuses us, and so gives us nothing to fetch."""
        ...

    def assigned(self) -> tuple[Spot, ...]:
        """The partitions that are ours at the moment."""
        ...

    async def extents(self, spots: Sequence[Spot]) -> Mapping[Spot, Extent]:
        """First and end offset of committed records."""
        ...

    def seek(
        self, positions: Mapping[Spot, int], generation: int, *, held: Collection[Spot] = ()
    ) -> None:
        """Read on from here, but for those ``held``, of which nothing is fetched.

        Raises ``OwnershipChangedError`` unless that is the generation.
        """
        ...

    async def fetch(self, limit: int, timeout_ms: int) -> Mapping[Spot, Sequence[Record]]:
        """Committed records in the order of their partition; raises ``PositionLostError``."""
        ...

    async def positions(self, spots: Sequence[Spot]) -> Mapping[Spot, int]:
        """The next offset to be fetched, past the markers of transactions."""
        ...


class KafkaSource(ConsumerRebalanceListener):  # type: ignore[misc]
    """Fulfils ``Source`` with an aiokafka consumer: of a group, or of given partitions."""

    def __init__(
        self,
        client: Mapping[str, Any],
        topics: Sequence[str],
        *,
        group: str | None,
        membership: Membership = Membership(),  # noqa: B008 - frozen
    ) -> None:
        self._topics = tuple(topics)
        self._group = group
        self.generation = 0
        self.sharing = True
        instance = None if group is None else membership.instance_id(group)
        self._static = instance is not None
        self._consumer = (StaticMember if self._static else AIOKafkaConsumer)(
            **client,
            group_id=group,
            group_instance_id=instance,
            client_id="productops-archive",
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="none",
            fetch_max_bytes=FETCH_BYTES,
            max_partition_fetch_bytes=PARTITION_BYTES,
            session_timeout_ms=int(membership.session_seconds * 1000),
            heartbeat_interval_ms=int(membership.heartbeat_seconds * 1000),
            metadata_max_age_ms=30_000,
        )

    async def start(self) -> None:
        """Connect; in a group, wait for a share. Raises ``aiokafka.errors.KafkaError``."""
        if self._static:  # which begins without topics
            await self._consumer.start()
        self._consumer.subscribe(self._topics, listener=self)
        if self._static:
            await self._consumer._subscription.wait_for_assignment()  # noqa: SLF001 - as a start does
            return
        await self._consumer.start()
        if self._group is None:
            self._assigned()

    async def stop(self) -> None:
        """Leave the group and disconnect."""
        await stop_consumer(self._consumer)

    @property
    def last_answer(self) -> float | None:
        """See ``workers.streaming.consumers.answers``."""
        return last_answer(self._consumer)

    def on_partitions_revoked(self, revoked: Any) -> None:
        """See aiokafka. A transaction in flight may end well: the fence decides."""
        del revoked
        self.sharing = True
        self.generation += 1

    def on_partitions_assigned(self, assigned: Any) -> None:
        """See aiokafka."""
        del assigned
        self._assigned()

    def _assigned(self) -> None:
        self.sharing = False
        self.generation += 1

    def check(self) -> None:
        """See ``Source``."""
        self._consumer._coordinator.check_errors()  # noqa: SLF001 - no public way

    def assigned(self) -> tuple[Spot, ...]:
        """See ``Source``."""
        return tuple(sorted(Spot(at.topic, at.partition) for at in self._consumer.assignment()))

    async def extents(self, spots: Sequence[Spot]) -> Mapping[Spot, Extent]:
        """See ``Source``."""
        places = [TopicPartition(*spot) for spot in spots]
        first = await self._consumer.beginning_offsets(places)
        end = await self._consumer.end_offsets(places)
        return {
            spot: Extent(first[place], end[place])
            for spot, place in zip(spots, places, strict=True)
        }

    def seek(
        self, positions: Mapping[Spot, int], generation: int, *, held: Collection[Spot] = ()
    ) -> None:
        """See ``Source``."""
        try:
            for spot, position in positions.items():
                if generation != self.generation:
                    raise OwnershipChangedError
                place = TopicPartition(*spot)
                self._consumer.seek(place, position)
                if spot in held:
                    self._consumer.pause(place)
                else:
                    self._consumer.resume(place)
        except IllegalStateError:
            raise OwnershipChangedError from None

    async def fetch(self, limit: int, timeout_ms: int) -> Mapping[Spot, Sequence[Record]]:
        """See ``Source``."""
        try:
            fetched = await self._consumer.getmany(timeout_ms=timeout_ms, max_records=limit)
        except (OffsetOutOfRangeError, NoOffsetForPartitionError) as error:
            raise PositionLostError(str(error)) from None
        return {
            Spot(place.topic, place.partition): [_record(record) for record in records]
            for place, records in fetched.items()
        }

    async def positions(self, spots: Sequence[Spot]) -> Mapping[Spot, int]:
        """See ``Source``."""
        try:
            return {spot: await self._consumer.position(TopicPartition(*spot)) for spot in spots}
        except IllegalStateError:
            raise OwnershipChangedError from None


def _record(record: Any) -> Record:
    return Record(
        record.topic,
        record.partition,
        record.offset,
        record.key,
        record.value,
        record.timestamp,
        record.headers,
    )
