"""The fuse on a real Kafka: a stream that dies halts its tasks, and nothing of it is gone."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from structlog.testing import capture_logs

from schemas.partitioner import partition_for
from schemas.topics import CLOCK_TICKED
from tests.integration.streaming.cluster import lag, read_committed, write
from tests.integration.streaming.counting_worker import PARTITIONS, Counting, Said, topics
from tests.integration.streaming.in_process import running, until
from tests.integration.streaming.recording import RecordingWatch
from workers.config.settings import KafkaSettings
from workers.observability.metrics import Metrics
from workers.processor import Record
from workers.streaming.engine.halts.fuse import NO_FUSE
from workers.streaming.metrics_watch import MetricsWatch
from workers.streaming.topics.admin import apply_registry

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(400)]

HALTED = "productops_stage_halted"
GOOD, BAD = json.dumps({"n": 1}).encode(), json.dumps({"number": 1}).encode()
"""What the deployed worker reads, and what it does not: its writer has renamed the field."""
DYING = (0, 1, 2)
"""Partitions whose records die; those of the last one are sound."""

A_RUN = [BAD] * 120
MORE_THAN_HALF = [BAD, BAD, GOOD] * 350
"""Far from a hundred in a row, and more than half of a thousand."""


class Mended(Counting):
    """The next release, which reads both."""

    def decode(self, record: Record, /) -> Said:
        """As before, with the field under its new name, too."""
        found = json.loads(record.value or b"")
        return Said((record.key or b"").decode(), found.get("n", found.get("number")), 1)


class Telling(RecordingWatch):
    """Tells a metric of halts, as in production, beside remembering them."""

    def __init__(self) -> None:
        super().__init__()
        self.metrics = Metrics()
        self._told = MetricsWatch("feedback", self.metrics)

    def halted(self, partition: int) -> None:
        """See ``TaskWatch``."""
        super().halted(partition)
        self._told.halted(partition)

    def told(self) -> dict[int, float | None]:
        """The metric of each task; ``None`` without a series."""
        value = self.metrics.registry.get_sample_value
        return {
            partition: value(HALTED, {"stage": "feedback", "partition": str(partition)})
            for partition in range(PARTITIONS)
        }


@dataclass(frozen=True)
class Stream:
    """A counting worker's topics with the same records in each dying partition."""

    kafka: KafkaSettings
    name: str
    records: int

    @property
    def waiting(self) -> int:
        """The group's lag."""
        return lag(self.kafka, f"productops-{self.name}", topics(self.name)[:1])

    def written(self) -> list[int]:
        """How many outputs, changes of state and dead letters readers can see."""
        return [len(read_committed(self.kafka, topic)) for topic in topics(self.name)[1:]]


def key_in(partition: int) -> bytes:
    """A key that belongs to the partition."""
    keys = (f"key-{turn}".encode() for turn in count())
    return next(key for key in keys if partition_for(key, PARTITIONS) == partition)


@pytest.fixture(params=[A_RUN, MORE_THAN_HALF], ids=["a-run", "more-than-half"])
def stream(
    request: pytest.FixtureRequest, kafka_cluster: KafkaSettings, unique: Callable[[str], str]
) -> Stream:
    """Everything is written before a worker starts, so that one chunk holds it."""
    name, values = unique("fuse"), list(request.param)
    apply_registry(kafka_cluster, [*topics(name), CLOCK_TICKED])
    rows = [(key_in(partition), value) for partition in DYING for value in values]
    sound = [(key_in(3), GOOD)] * 10
    write(kafka_cluster, topics(name)[0].name, [*rows, *sound])
    return Stream(kafka_cluster, name, len(values))


def told_halts(lines: list[Any]) -> dict[int, tuple[str, str]]:
    """By task, the reason and the remedy that the log gives."""
    return {
        line["task"]: (line["reason"], line["remedy"])
        for line in lines
        if line["event"] == "task_halted"
    }


async def test_a_stream_that_dies_halts_its_tasks_until_a_person_acts(stream: Stream) -> None:
    """Every dying task halts and commits nothing; the next release processes all of it."""
    total = len(DYING) * stream.records
    telling = Telling()
    with capture_logs() as lines:
        async with running(stream.kafka, Counting(stream.name), watch=telling) as (worker, watch):
            await until(lambda: len(watch.halts) == len(DYING), "every dying task halts")
            await until(lambda: watch.events == 10, "the sound partition goes on")
            assert sorted(watch.halts) == list(DYING)
            assert not worker.ready
            assert worker.alive
            assert telling.told() == {0: 1, 1: 1, 2: 1, 3: None}
    assert stream.written() == [10, 1, 0]
    assert stream.waiting == total
    halts = told_halts(lines)
    assert sorted(halts) == list(DYING)
    for reason, remedy in halts.values():
        assert "cannot be read or handled" in reason
        assert "then restart the role" in remedy
        assert "PRODUCTOPS_FUSE=false" in remedy

    async with running(stream.kafka, Mended(stream.name)) as (worker, watch):
        await until(lambda: watch.events == total, "the mended worker reads everything")
        # The partition without work opens in its own time.
        await until(lambda: worker.ready, "every task goes on")
        assert watch.halts == []
    assert stream.waiting == 0
    assert stream.written()[0] == total + 10
    assert stream.written()[2] == 0


async def test_without_the_fuse_all_bad_records_are_set_aside(stream: Stream) -> None:
    """A person has decided so: each is a dead letter, the good ones are processed."""
    async with running(stream.kafka, Counting(stream.name), fuse=NO_FUSE) as (worker, watch):
        await until(lambda: stream.waiting == 0, "everything is taken in")
        await until(lambda: worker.ready, "every task goes on")
        assert watch.halts == []
    outputs, _, letters = stream.written()
    assert outputs + letters == len(DYING) * stream.records + 10
    assert letters > len(DYING) * stream.records / 2
