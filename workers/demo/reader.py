"""Reads the topics beside the workers, committed records only, outside of any group."""

from collections.abc import Iterator

from kafka import KafkaConsumer, TopicPartition

from workers.config.settings import KafkaSettings
from workers.demo.tally import COUNTED_TOPICS, Line, Tally
from workers.streaming.connection.clients import admin_settings

__all__ = ["TopicReader"]

_POLL_MS = 200


class TopicReader:
    """Feeds a tally from the beginning of the topics. Blocking; belongs to one thread."""

    def __init__(self, kafka: KafkaSettings, tally: Tally) -> None:
        self.tally = tally
        self._consumer = KafkaConsumer(
            **admin_settings(kafka),
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            group_id=None,
        )
        self._consumer.assign(
            [
                TopicPartition(topic.name, partition)
                for topic in COUNTED_TOPICS
                for partition in range(topic.partitions)
            ]
        )

    def catch_up(self) -> None:
        """Count what earlier runs left, without showing it again."""
        ends = self._consumer.end_offsets(self._consumer.assignment())
        while any(self._consumer.position(tp) < end for tp, end in ends.items()):
            for _ in self.poll():
                pass

    def poll(self) -> Iterator[Line]:
        """Count what has come; yields what is worth showing."""
        for records in self._consumer.poll(timeout_ms=_POLL_MS).values():
            for record in records:
                line = self.tally.add(record.topic, record.value)
                if line is not None:
                    yield line

    def close(self) -> None:
        """Let the connections go."""
        self._consumer.close()
