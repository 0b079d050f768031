"""One reference job on the platform, as a process: run, catch up, say what it cost.

python benchmarks/streaming/platform_job.py --servers 127.0.0.1:19092 --job stateful --events N
"""

import argparse
import asyncio
import json
import resource
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from aiokafka import AIOKafkaConsumer, TopicPartition
from jobs import TALLIES, Parse, Stateful

from workers.config.settings import KafkaSettings
from workers.streaming.engine.role import Role
from workers.streaming.worker import StreamWorker


class Watch:
    """Fulfils ``TaskWatch``: counts events, and tells when all have come."""

    def __init__(self, expected: int) -> None:
        self.expected = expected
        self.events = 0
        self.chunks = 0
        self.restored_rows = 0
        self.restore_seconds = 0.0
        self.first: float | None = None
        self.all_done = asyncio.Event()

    def restored(self, partition: int, rows: int, seconds: float) -> None:
        del partition
        self.restored_rows += rows
        self.restore_seconds = max(self.restore_seconds, seconds)

    def committed(self, partition: int, *, events: int, **_rest: Any) -> None:
        del partition
        if events and self.first is None:
            self.first = time.monotonic()
        self.chunks += bool(events)
        self.events += events
        if self.events >= self.expected:
            self.all_done.set()

    def taken(self, records: int) -> None:
        """Nothing."""

    def done(self, records: int) -> None:
        """Nothing."""

    def lag(self, partition: int, events: int, seconds: float = 0.0) -> None:
        """Nothing."""

    def queued(self, partition: int, records: int, *, paused: bool = False) -> None:
        """Nothing."""

    def assigned(self) -> None:
        """Nothing."""

    def aborted(self, partition: int) -> None:
        print("aborted", partition, file=sys.stderr)

    def fenced(self, partition: int) -> None:
        """Nothing."""

    def halted(self, partition: int) -> None:
        print("halted", partition, file=sys.stderr)

    def closed(self, partition: int) -> None:
        """Nothing."""


def usage() -> Mapping[str, float]:
    """CPU seconds and peak memory of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {"cpu": used.ru_utime + used.ru_stime, "memory_mb": used.ru_maxrss / 1024}


async def tallies(servers: str) -> dict[str, int]:
    """Committed sums by variant, read from the output topic."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=servers, isolation_level="read_committed", auto_offset_reset="earliest"
    )
    await consumer.start()
    tps = [TopicPartition(TALLIES.name, number) for number in range(TALLIES.partitions)]
    consumer.assign(tps)
    ends = await consumer.end_offsets(tps)
    counts: dict[str, int] = {}
    while any([await consumer.position(tp) < ends[tp] for tp in tps]):
        for records in (await consumer.getmany(timeout_ms=500)).values():
            for record in records:
                name = record.key.decode()
                counts[name] = counts.get(name, 0) + int(record.value)
    await consumer.stop()
    return counts


async def main() -> None:
    """Run one job."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--servers", required=True)
    parser.add_argument("--job", choices=["parse", "stateful"], required=True)
    parser.add_argument("--events", type=int, required=True)
    options = parser.parse_args()
    processor = Parse() if options.job == "parse" else Stateful()
    watch = Watch(options.events)
    worker = StreamWorker(
        Role(processor),
        KafkaSettings(servers=(options.servers,)),
        watch,
        data_dir=Path("/nonexistent"),
    )
    stop = asyncio.Event()
    before = usage()
    running = asyncio.create_task(worker.run(stop))
    waiting = asyncio.create_task(watch.all_done.wait())
    await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    ended = time.monotonic()
    after = usage()
    stop.set()
    waiting.cancel()
    await running
    # Reads back what was committed: the sums of what the job emitted, chunk by chunk.
    counts = await tallies(options.servers) if options.job == "stateful" else {}
    seconds = ended - (watch.first or ended)
    cpu = after["cpu"] - before["cpu"]
    print(
        json.dumps(
            {
                "job": options.job,
                "events": watch.events,
                "chunks": watch.chunks,
                "seconds": round(seconds, 2),
                "events_per_second": round(watch.events / seconds) if seconds else None,
                "cpu_us_per_event": round(cpu / watch.events * 1e6, 2),
                "memory_mb": round(after["memory_mb"]),
                "counts": counts,
            }
        )
    )


if __name__ == "__main__":
    asyncio.run(main())
