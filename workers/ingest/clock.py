"""The clock: tells every partition that time has passed, so that quiet sources stop no timer.

A tick's id is its partition and its moment in whole periods, so that two clocks running side
by side for a while say the same thing twice and nothing else.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from connectors.base.contract import Clock
from schemas.envelope import Event
from schemas.platform import ClockTicked
from schemas.topics import CLOCK_TICKED
from workers.ingest.standing import ClockStanding
from workers.ingest.trouble import trouble
from workers.streaming.connection.closing import stop_producer

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


async def run_clock(
    client: Mapping[str, Any], clock: Clock, standing: ClockStanding | None = None
) -> None:
    """Tick until cancelled. An unreachable broker is waited for: late ticks harm nobody.

    ``standing`` is told how it goes. Why it waits is said whenever the reason changes.
    """
    standing = standing or ClockStanding(clock)
    said: str | None = None

    def ticked() -> None:
        nonlocal said
        said = None
        standing.ticked()

    while True:
        try:
            await _tick_along(client, clock, ticked)
        except KafkaError as error:
            why = await trouble(error, client, clock.now())
            if why.refused:
                standing.refused()
            if said != why.kind:
                log.warning("clock_waits", error=why.reason)
            said = why.kind
        await clock.sleep(PERIOD_SECONDS)


async def _tick_along(
    client: Mapping[str, Any], clock: Clock, ticked: Callable[[], None]
) -> NoReturn:
    """Tick through one producer until it fails; raises ``KafkaError``."""
    producer = AIOKafkaProducer(**client, client_id="productops-clock", acks="all")
    try:
        await producer.start()
        while True:
            now, sent = clock.now(), []
            for partition in range(CLOCK_TICKED.partitions):
                event = tick(partition, now)
                sent.append(
                    await producer.send(
                        CLOCK_TICKED.name,
                        event.to_json(),
                        key=event.partitionkey.encode(),
                        partition=partition,
                        timestamp_ms=int(event.time.timestamp() * 1000),
                    )
                )
            await asyncio.gather(*sent)  # unlike a flush it raises what Kafka refused
            ticked()
            await clock.sleep(PERIOD_SECONDS)
    finally:
        await stop_producer(producer)
