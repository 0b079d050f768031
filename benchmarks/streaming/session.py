"""One session: a broker of its own, the loads fed into it once, and runs on them."""

import asyncio
import itertools
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from aiokafka import AIOKafkaProducer
from contenders import Contender, Run, Words, contenders, start_words, tool_words
from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec
from kafka.protocol.consumer import IsolationLevel
from load import Exposure, Load, enveloped, expected_counts, plain
from running import Running

from schemas.partitioner import partition_for
from schemas.topics import CLOCK_TICKED, PARTITIONS, Cleanup, Topic
from workers.config.settings import KafkaSettings
from workers.streaming.topics.admin import apply_registry

__all__ = ["Fed", "Session"]

_POLL_SECONDS = 0.05
_OF_OURS = (("changelog", Cleanup.COMPACT), ("output", Cleanup.DELETE))


@dataclass(frozen=True)
class Fed:
    """A topic with a load in it."""

    topic: str
    load: Load

    @cached_property
    def expected(self) -> dict[str, int]:
        """What must have been counted."""
        return expected_counts(self.load)


@dataclass
class Session:
    """Where things run, and how many events there are."""

    servers: str
    folder: Path
    """For what is forgotten afterwards."""
    environments: Path
    """For what is kept for the next session."""
    events: int
    slow_events: int
    among: str = ""
    """Pattern of the names of who is measured."""
    _started: list[Running] = field(default_factory=list)
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    @cached_property
    def plain(self) -> Fed:
        """The load."""
        return self._fed("bench.exposure.recorded.v1", self.events, plain)

    @cached_property
    def few(self) -> Fed:
        """The load for who is slow."""
        return self._fed("bench.exposure.few.v1", self.slow_events, plain)

    @cached_property
    def enveloped(self) -> Fed:
        """The load in envelopes."""
        return self._fed("bench.unit.assigned.v1", self.events, enveloped)

    def contenders(self, job: str) -> Sequence[Contender]:
        """Who takes part in a job."""
        return contenders(job, self.among)

    def input_of(self, contender: Contender, job: str) -> Fed:
        """Which load a job is given."""
        if job.startswith("real-"):
            return self.enveloped
        return self.few if contender.slow else self.plain

    def run(self, contender: Contender, job: str, topic: str) -> Run:
        """A new run: its group and what it writes to are its own."""
        name = f"bench-{contender.short}-{job}-{next(self._numbers)}"
        state_dir = self.folder / name
        state_dir.mkdir()
        if contender.short == "ours":
            self.declare(
                [Topic(f"{name}.{end}", "benchmark", "", cleanup=how) for end, how in _OF_OURS]
            )
        return Run(contender, job, self.servers, topic, name, state_dir)

    def start(self, run: Run, events: int) -> Running | None:
        """Start a run's process, again or for the first time; ``None`` where that cannot be."""
        words = start_words(run, events, self.environments)
        if words is None:
            return None
        return self.launch(words)

    def started(self, run: Run, events: int) -> Running:
        """As ``start``, where that can be."""
        running = self.start(run, events)
        if running is None:
            raise RuntimeError(f"{run.contender.name} cannot be run here")
        return running

    def tool(self, words: Sequence[str]) -> Running:
        """Start a script that is no job."""
        return self.launch(tool_words(self.environments, words))

    def launch(self, words: Words) -> Running:
        """Start a process that does not outlive its part."""
        log_file = self.folder / f"stderr-{next(self._numbers)}.log"
        self._started.append(Running(*words, log_file))
        return self._started[-1]

    def reap(self) -> None:
        """End what still runs, as when a part has failed."""
        for running in self._started:
            if not running.ended:
                running.kill()
        self._started.clear()

    def declare(self, topics: Iterable[Topic]) -> None:
        """Create topics."""
        apply_registry(KafkaSettings(servers=(self.servers,)), [CLOCK_TICKED, *topics])

    def committed(self, run: Run) -> int:
        """How many events the run's group has committed as done."""
        return sum(max(0, offset) for offset in self._offsets(run))

    def await_committed(self, run: Run, events: int, seconds: float) -> float | None:
        """When, by the monotonic clock, the group had committed so many; ``None``: not in time."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.committed(run) >= events:
                return time.monotonic()
            time.sleep(_POLL_SECONDS)
        return None

    def await_readable(self, run: Run, seconds: float) -> float | None:
        """When, by the monotonic clock, readers of committed records get to the end of the results.

        A transaction that a dead process left open bars their way until it is ended by whoever
        takes over, or by its time-out.
        """
        tps = [TopicPartition(run.results, number) for number in self._partitions(run.results)]
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            ends, committed = (
                self._admin.list_partition_offsets(dict.fromkeys(tps, OffsetSpec.LATEST), level)
                for level in (IsolationLevel.READ_UNCOMMITTED, IsolationLevel.READ_COMMITTED)
            )
            if all(committed[tp].offset == ends[tp].offset for tp in tps):
                return time.monotonic()
            time.sleep(_POLL_SECONDS)
        return None

    def close(self) -> None:
        """End the session's own connections."""
        if "_admin" in self.__dict__:
            self._admin.close()

    @cached_property
    def _admin(self) -> KafkaAdminClient:
        return KafkaAdminClient(bootstrap_servers=[self.servers])

    def _partitions(self, topic: str) -> Sequence[int]:
        (described,) = self._admin.describe_topics([topic])
        return [found["partition_index"] for found in described["partitions"]]

    def _offsets(self, run: Run) -> Sequence[int]:
        tps = [TopicPartition(run.topic, number) for number in range(PARTITIONS)]
        found = self._admin.list_group_offsets({run.group: tps})
        return [committed.offset for committed in found[run.group].values()]

    def _fed(self, topic: str, events: int, encode: Callable[[Exposure], bytes]) -> Fed:
        self.declare([Topic(topic, "unit", "a load")])
        load = Load.of(events)
        asyncio.run(_feed(self.servers, topic, load, encode))
        return Fed(topic, load)


async def _feed(servers: str, topic: str, load: Load, encode: Callable[[Exposure], bytes]) -> None:
    """Write a load, batched by partition."""
    producer = AIOKafkaProducer(bootstrap_servers=servers, max_batch_size=512 * 1024, linger_ms=5)
    await producer.start()
    batches = {partition: producer.create_batch() for partition in range(PARTITIONS)}
    for exposure in load:
        key, value = exposure.unit.encode(), encode(exposure)
        partition = partition_for(key, PARTITIONS)
        if batches[partition].append(timestamp=None, key=key, value=value) is None:
            await (await producer.send_batch(batches[partition], topic, partition=partition))
            batches[partition] = producer.create_batch()
            batches[partition].append(timestamp=None, key=key, value=value)
    for partition, batch in batches.items():
        await (await producer.send_batch(batch, topic, partition=partition))
    await producer.stop()
