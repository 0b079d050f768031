"""A broker that is gone, and comes back, while a worker runs or begins."""

import asyncio
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from aiokafka.errors import KafkaError
from structlog.testing import capture_logs

from schemas.topics import CLOCK_TICKED, Cleanup, Topic
from tests.integration.brokers import Broker, one
from tests.integration.streaming.cluster import lag, write
from tests.integration.streaming.counting_worker import Counting, topics
from tests.integration.streaming.in_process import running, until
from tests.integration.streaming.test_large_restore import ByteCodec
from workers.runtime.stop_limit import STOP_SECONDS
from workers.streaming.connection.clients import client_settings
from workers.streaming.engine.recovery.restore import RestoreError, restore
from workers.streaming.topics.admin import apply_registry

SPARE_SECONDS = 30
"""Beyond the bound, for a loaded machine: a time-out, nothing that is measured."""

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory, kafka_jars: Path) -> Iterator[Broker]:
    """A broker of this file's own."""
    with one(tmp_path_factory.mktemp("gone"), kafka_jars) as broker:
        yield broker


async def test_a_broker_that_dies_in_a_restore_is_an_error_and_no_cancellation(
    broker: Broker,
) -> None:
    """Aiokafka ends by cancelling whoever ends it: a task would be gone without a word."""
    topic = Topic("gone.changelog", "key", "state", partitions=1, cleanup=Cleanup.COMPACT)
    apply_registry(broker.kafka, [topic])
    write(broker.kafka, topic.name, [(f"k{n}".encode(), b"." * 200) for n in range(60_000)])
    killed = False

    def kill(_rows: int) -> None:
        nonlocal killed
        if not killed:
            killed = True
            broker.kill()

    for _ in range(3):
        killed = False
        with pytest.raises((RestoreError, KafkaError)):
            await restore(
                client_settings(broker.kafka),
                *(topic.name, 0, ByteCodec()),
                check=kill,
                stall_seconds=2.0,
            )
        assert killed
        await asyncio.to_thread(broker.start)


async def test_a_worker_whose_broker_is_gone_is_unready_says_why_and_goes_on(
    broker: Broker,
) -> None:
    """Also where there is nothing to commit; the reason names the setting, once a minute.

    Another reason is told anew: a broker that has just begun may not answer fetches at once.
    """
    name = "gone"
    source = topics(name)[0]
    apply_registry(broker.kafka, [*topics(name), CLOCK_TICKED])
    write(broker.kafka, source.name, [(b"a", b'{"n": 1}')])
    async with running(broker.kafka, Counting(name)) as (worker, watch):
        await until(lambda: worker.ready and watch.events == 1, "it works")
        with capture_logs() as said:
            broker.kill()
            await until(lambda: not worker.ready, "it is unready")
            await until(
                lambda: any(line["event"] == "kafka_unreachable" for line in said), "it is told"
            )
            told_at = time.monotonic()
            assert worker.alive
            await asyncio.to_thread(broker.start)
            await until(lambda: worker.ready, "it is ready again")
        minutes = (time.monotonic() - told_at) // 60
        told = [line["reason"] for line in said if line["event"] == "kafka_unreachable"]
        assert "KAFKA_BOOTSTRAP_SERVERS" in told[0]
        assert sum(reason == before for before, reason in pairwise(told)) <= minutes
        await asyncio.to_thread(write, broker.kafka, source.name, [(b"a", b'{"n": 2}')])
        await until(lambda: watch.events == 2, "it goes on")
    assert lag(broker.kafka, f"productops-{name}", [source]) == 0


async def test_a_worker_ends_in_order_although_its_broker_is_dead(broker: Broker) -> None:
    """Without an error, and sooner than Faust, which waits for a minute."""
    name = "gone-for-good"
    apply_registry(broker.kafka, [*topics(name), CLOCK_TICKED])
    try:
        async with asyncio.timeout(None) as limit, running(broker.kafka, Counting(name)) as (w, _):
            await until(lambda: w.ready, "it works")
            broker.kill()
            limit.reschedule(asyncio.get_running_loop().time() + STOP_SECONDS + SPARE_SECONDS)
    finally:
        await asyncio.to_thread(broker.start)
