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
from workers.streaming.access.dates import refused_date
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


def _nobody(right: bool, /) -> None:  # noqa: FBT001 - what is told is just this
    del right


async def run_clock(
    client: Mapping[str, Any], clock: Clock, right: Callable[[bool], None] = _nobody
) -> None:
    """Tick until cancelled. An unreachable broker is waited for: late ticks harm nobody.

    ``right`` is told whether Kafka takes what this machine's clock says.
    """
    said: type[Exception] | None = None

    def ticked() -> None:
        nonlocal said
        said = None
        right(True)  # noqa: FBT003 - what is told is just this

    while True:
        try:
            await _tick_along(client, clock, ticked)
        except KafkaError as error:
            date = refused_date(error, clock.now())
            right(date is None)
            if said is not type(error):
                log.warning("clock_waits", error=date or str(error))
            said = type(error)
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
