"""Clients come to their end beside a broker that answers nothing."""

import asyncio
from collections.abc import Callable

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from schemas.topics import Topic
from tests.integration.brokers import Broker
from tests.integration.membership.freezing import frozen
from workers.streaming.connection.clients import client_settings
from workers.streaming.connection.closing import stop_consumer, stop_producer
from workers.streaming.topics.admin import apply_registry

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]

_ANSWER_MS = 600_000
"""For so long a client waits for an answer: longer than this test may take."""
_BOUND_SECONDS = 60
"""Both take two to four seconds; the answers of a frozen broker would take ten minutes."""


def _left(name: str) -> list[str]:
    """Tasks of the clients that are still there."""
    return [
        task.get_name()
        for task in asyncio.all_tasks()
        if name in repr(task.get_coro()) and not task.done()
    ]


@pytest.fixture
def topic(own_broker: Broker, unique: Callable[[str], str]) -> str:
    """Of this test's own, and there."""
    name = f"test.{unique('closing')}.v1"
    apply_registry(own_broker.kafka, [Topic(name, "key", "records")])
    return name


async def test_a_consumer_leaves_its_group_within_a_bound(own_broker: Broker, topic: str) -> None:
    """The group notices by itself who is gone; nothing of the consumer goes on."""
    settings = client_settings(own_broker.kafka) | {"request_timeout_ms": _ANSWER_MS}
    consumer = AIOKafkaConsumer(topic, **settings, group_id=topic, enable_auto_commit=False)
    await consumer.start()
    async with asyncio.timeout(120):
        while not consumer.assignment():
            await consumer.getmany(timeout_ms=100)
    with frozen(own_broker):
        async with asyncio.timeout(_BOUND_SECONDS):
            await stop_consumer(consumer)
    assert not _left("AIOKafkaConnection._read")
    assert not _left("Fetcher")


async def test_a_producer_with_unsent_records_ends_within_a_bound(
    own_broker: Broker, topic: str
) -> None:
    """Its background task and its connections go, too; what was not acknowledged is lost."""
    settings = client_settings(own_broker.kafka) | {"request_timeout_ms": _ANSWER_MS}
    producer = AIOKafkaProducer(**settings, acks="all")
    await producer.start()
    await producer.send_and_wait(topic, b"{}", partition=0)
    with frozen(own_broker):
        sent = await producer.send(topic, b"{}", partition=0)
        async with asyncio.timeout(_BOUND_SECONDS):
            await stop_producer(producer)
        assert not _left("Sender")
    if sent.done() and not sent.cancelled():
        assert sent.exception() is not None, "nobody can have said that it was written"
