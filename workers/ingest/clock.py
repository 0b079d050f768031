"""The clock: tells every partition that time has passed, so that quiet sources stop no timer.

A tick's id is its partition and its moment in whole periods, so that two clocks running side
by side for a while say the same thing twice and nothing else.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from connectors.base.contract import Clock
from schemas.envelope import Event
from schemas.platform import ClockTicked
from schemas.topics import CLOCK_TICKED
from workers.streaming.closing import stop_producer

__all__ = ["PERIOD_SECONDS", "run_clock", "tick"]

log = structlog.get_logger(__name__)

PERIOD_SECONDS = 2


def tick(partition: int, now: datetime) -> Event[ClockTicked]:
    """The tick for one partition at ``now``, which is cut to whole periods."""
    seconds = int(now.timestamp()) // PERIOD_SECONDS * PERIOD_SECONDS
    return Event[ClockTicked](
        id=f"{partition}/{seconds}",
        source="/workers/clock",
        type=CLOCK_TICKED.name,
        time=datetime.fromtimestamp(seconds, tz=UTC),
        partitionkey=str(partition),
        data=ClockTicked(partition=partition),
    )


async def run_clock(client: Mapping[str, Any], clock: Clock) -> None:
    """Tick until cancelled. An unreachable broker is waited for: late ticks harm nobody."""
    while True:
        try:
            await _tick_along(client, clock)
        except KafkaError as error:
            log.warning("clock_waits", error=str(error))
        await clock.sleep(PERIOD_SECONDS)


async def _tick_along(client: Mapping[str, Any], clock: Clock) -> NoReturn:
    """Tick through one producer until it fails; raises ``KafkaError``."""
    producer = AIOKafkaProducer(**client, client_id="productops-clock", acks="all")
    try:
        await producer.start()
        while True:
            now = clock.now()
            for partition in range(CLOCK_TICKED.partitions):
                event = tick(partition, now)
                await producer.send(
                    CLOCK_TICKED.name,
                    event.to_json(),
                    key=event.partitionkey.encode(),
                    partition=partition,
                    timestamp_ms=int(event.time.timestamp() * 1000),
                )
            await producer.flush()
            await clock.sleep(PERIOD_SECONDS)
    finally:
        await stop_producer(producer)
