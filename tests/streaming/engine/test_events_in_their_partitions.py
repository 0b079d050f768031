"""Emissions stand where readers look for their keys."""

from collections.abc import Iterable

from schemas.partitioner import partition_for
from workers.processor import Emission
from workers.streaming.engine.transaction import Producer, Row


class Noting(Producer):
    """Notes what it would write; it has no client that could."""

    def __init__(self) -> None:
        self.written: dict[tuple[str, int], list[Row]] = {}

    async def _write(
        self, topic: str, partition: int, rows: Iterable[Row], headers: list[tuple[str, bytes]]
    ) -> None:
        del headers
        self.written.setdefault((topic, partition), []).extend(rows)


async def test_each_key_is_written_to_its_partition_in_order() -> None:
    """By Kafka's own partitioner, among the partitions of its topic."""
    partitions = {"few": 4, "many": 12}
    emissions = [
        Emission(topic, f"k{n}".encode(), b"%d" % turn)
        for turn in range(2)
        for n in range(20)
        for topic in partitions
    ]
    producer = Noting()
    await producer.write_events(emissions, partitions)
    assert sum(map(len, producer.written.values())) == len(emissions)
    for (topic, partition), rows in producer.written.items():
        keys = [key or b"" for key, _ in rows]
        assert {partition_for(key, partitions[topic]) for key in keys} == {partition}
        for key in keys:
            assert [value for one, value in rows if one == key] == [b"0", b"1"]
