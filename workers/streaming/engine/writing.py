"""Steps 4 to 7 of the protocol: what a chunk gives rise to becomes one Kafka transaction."""

from collections.abc import Mapping, Sequence
from typing import Any

from aiokafka import TopicPartition
from aiokafka.structs import OffsetAndMetadata

from workers.processor import Emission
from workers.streaming.engine.evaluation.dead_letters import letter
from workers.streaming.engine.evaluation.evaluate import Evaluated
from workers.streaming.engine.probe import Probe, Step
from workers.streaming.engine.role import Role
from workers.streaming.engine.stream_time import to_metadata
from workers.streaming.engine.transaction import Producer

__all__ = ["ChunkWriter"]


class ChunkWriter:
    """Writes the chunks of one task."""

    def __init__(self, role: Role, partition: int, probe: Probe) -> None:
        self._role = role
        self._partition = partition
        self._probe = probe
        self._outputs = {topic.name: topic.partitions for topic in role.processor.outputs}
        self._letters = {topic.dead_letters: topic.partitions for topic in role.inputs}

    async def write(
        self,
        producer: Producer,
        result: Evaluated[Any],
        ends: Mapping[TopicPartition, int],
        now: int,
    ) -> Sequence[Emission]:
        """Write ``result`` and commit the offsets ``ends`` with it, or raise and have done nothing.

        Returns the dead letters written. Raises ``FencedError`` and ``KafkaError``; after a
        ``KafkaError`` of the commit itself it is open whether it happened.
        """
        role, probe, partition = self._role, self._probe, self._partition
        await producer.begin()
        await probe(Step.BEGUN, partition)

        await producer.write_events(result.emissions, self._outputs)
        letters = [letter(dead, role=role.name, now=now) for dead in result.dead]
        if letters:
            await producer.write_events(letters, self._letters)
        if result.encoded and role.processor.changelog is not None:
            rows = result.encoded.items()
            await producer.write_rows(role.processor.changelog.name, partition, rows)
        await probe(Step.WRITTEN, partition)

        if ends:
            metadata = to_metadata(now)
            offsets = {tp: OffsetAndMetadata(offset, metadata) for tp, offset in ends.items()}
            await producer.send_offsets(offsets, role.group)
        await probe(Step.OFFSETS_SENT, partition)

        await producer.commit()
        await probe(Step.COMMITTED, partition)
        return letters
