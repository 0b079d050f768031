"""Reads the answers as whoever comes after would, committed only; tells how long they took."""

import argparse
import asyncio
import sys
import time
from array import array
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from aiokafka import AIOKafkaConsumer
from measure import Meter

from endtoend.progress import Progress


async def main() -> None:
    """Read them all."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--servers", required=True)
    parser.add_argument("--topic", required=True)
    parser.add_argument("--events", type=int, required=True, help="how many answers to wait for")
    parser.add_argument("--skip", type=float, required=True, help="share of answers left out first")
    parser.add_argument("--progress", type=Path, required=True, help="file of answers read")
    given = parser.parse_args()
    progress = Progress(given.progress)
    consumer = AIOKafkaConsumer(
        given.topic,
        bootstrap_servers=given.servers,
        isolation_level="read_committed",
        auto_offset_reset="latest",
        max_partition_fetch_bytes=4 * 1024 * 1024,
    )
    await consumer.start()
    for tp in consumer.assignment():
        await consumer.position(tp)  # stand at the end before anything is sent
    meter = Meter(given.events)
    meter.mark("ready")
    took = array("d")
    read = 0
    skipped = int(given.events * given.skip)
    begun: tuple[int, float] | None = None
    before = progress.get()
    while read < given.events:
        for records in (await consumer.getmany(timeout_ms=500)).values():
            now = time.monotonic_ns()
            if read >= skipped:
                begun = begun or (read, now / 1e9)
                took.extend([(now - int(record.value)) / 1e6 for record in records])
            read += len(records)
        progress.set(before + read)
    ended = time.monotonic()
    await consumer.stop()
    meter.seen = read
    first, at = begun or (0, ended)
    meter.report(
        per_second=(read - first) / (ended - at) if ended > at else 0.0,
        **_percentiles(sorted(took)),
    )


def _percentiles(took: Sequence[float]) -> dict[str, float]:
    """Milliseconds that so many in a hundred did not exceed."""
    last = len(took) - 1
    return {f"p{share}": took[int(last * share / 100)] for share in (50, 99)} | {"max": took[last]}


if __name__ == "__main__":
    asyncio.run(main())
