"""Sends exposures, each with the moment when it was due.

With ``--rate`` at a constant rate that waits for nobody (open loop): an event that leaves late,
for whatever reason, still carries the moment when it was to leave, so that nothing is left out of
what its answer took. With ``--window`` as fast as answers come: never more unanswered than that.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from aiokafka import AIOKafkaProducer
from measure import Meter

from endtoend.progress import Progress
from schemas.partitioner import partition_for
from schemas.topics import PARTITIONS

_TICK_SECONDS = 0.005
_EVENT = (
    b'{"id": "exposure-%012d", "unit": "unit-%08d", "experiment": "exp-%d", "variant": "v%d", '
    b'"at": %d, "due": %d, "context": "' + b"x" * 144 + b'"}'
)


def _moments(given: argparse.Namespace) -> Iterator[int]:
    """How many events may have been sent by now; once a tick, without an end."""
    progress = Progress(given.progress)
    answered = progress.get()
    begun = time.monotonic()
    while True:
        if given.window:
            yield progress.get() - answered + given.window
        else:
            yield int((time.monotonic() - begun) * given.rate)


async def main() -> None:
    """Send them all."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--servers", required=True)
    parser.add_argument("--topic", required=True)
    parser.add_argument("--events", type=int, required=True)
    parser.add_argument("--first", type=int, required=True, help="number of the first event")
    parser.add_argument("--rate", type=float, default=0.0, help="events a second")
    parser.add_argument("--window", type=int, default=0, help="unanswered events at most")
    parser.add_argument("--skip", type=float, required=True, help="share of events to warm up")
    parser.add_argument("--progress", type=Path, required=True, help="file of answers read")
    given = parser.parse_args()
    producer = AIOKafkaProducer(
        bootstrap_servers=given.servers, acks="all", linger_ms=0, max_batch_size=512 * 1024
    )
    await producer.start()
    meter = Meter(given.events)
    # Before the clock starts: by Kafka's own partitioner, which costs more than all else here.
    partitions = {
        number: partition_for(b"unit-%08d" % _unit(number), PARTITIONS)
        for number in range(given.first, given.first + given.events)
    }
    step = 1e9 / given.rate if given.rate else 0.0
    begun = time.monotonic_ns()
    late = 0
    unanswered: list[asyncio.Future[Any]] = []
    sent = 0
    next_tick = time.monotonic()
    for allowed in _moments(given):
        upto = min(allowed, given.events)
        if upto > sent:
            now = time.monotonic_ns()
            dues = [begun + int(number * step) if step else now for number in range(sent, upto)]
            if sent >= given.events * given.skip:
                late = max(late, now - dues[0])
            unanswered += await _send(producer, given.topic, given.first + sent, dues, partitions)
            sent = upto
        if sent == given.events:
            break
        next_tick = max(next_tick + _TICK_SECONDS, time.monotonic())
        await asyncio.sleep(next_tick - time.monotonic())
    await asyncio.gather(*unanswered)  # whatever was not taken is an error, not a silence
    await producer.stop()
    meter.seen = sent
    meter.report(late_ms=late / 1e6)


def _unit(number: int) -> int:
    """Every tenth event is of a unit seen before."""
    return number - 40 if number % 10 == 9 and number > 40 else number


async def _send(
    producer: AIOKafkaProducer,
    topic: str,
    first: int,
    dues: Sequence[int],
    partitions: Mapping[int, int],
) -> list["asyncio.Future[Any]"]:
    """One batch a partition."""
    sent: list[asyncio.Future[Any]] = []
    batches = [producer.create_batch() for _ in range(PARTITIONS)]
    at = time.time_ns() // 1_000_000
    for number, due in enumerate(dues, first):
        unit = _unit(number)
        partition = partitions[number]
        value = _EVENT % (number, unit, unit % 5, unit // 5 % 3, at, due)
        key = b"unit-%08d" % unit
        if batches[partition].append(timestamp=None, key=key, value=value) is None:
            sent.append(await producer.send_batch(batches[partition], topic, partition=partition))
            batches[partition] = producer.create_batch()
            batches[partition].append(timestamp=None, key=key, value=value)
    for partition, batch in enumerate(batches):
        if batch.record_count():
            sent.append(await producer.send_batch(batch, topic, partition=partition))
    return sent


if __name__ == "__main__":
    asyncio.run(main())
