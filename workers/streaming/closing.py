"""Clients end within a bound: their own ways of ending wait for answers of the broker.

What is not answered by then is of no use to anybody: a group notices by itself who is gone, and
what was not acknowledged is written again.
"""

import asyncio

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

__all__ = ["stop_consumer", "stop_producer"]

_PATIENCE_SECONDS = 1.5
"""For a broker to answer. It takes milliseconds where one is there."""
_CUT_SECONDS = 0.5


async def stop_consumer(consumer: AIOKafkaConsumer) -> None:
    """Leave the group and disconnect; after a moment without an answer only disconnect."""
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await consumer.stop()
    except TimeoutError:
        await _within_a_moment(consumer._fetcher.close())  # noqa: SLF001 - no public way
        await _within_a_moment(consumer._client.close())  # noqa: SLF001


async def stop_producer(producer: AIOKafkaProducer, *, patience: float = _PATIENCE_SECONDS) -> None:
    """Wait until all is sent and disconnect; without an answer in ``patience`` only disconnect.

    Raises the error of a stop that went wrong at once; it is disconnected then, too.
    """
    stopped = False
    try:
        async with asyncio.timeout(patience):
            await producer.stop()
        stopped = True
    except TimeoutError:
        pass
    finally:
        if not stopped:
            await _cut(producer)


async def _cut(producer: AIOKafkaProducer) -> None:
    """End the background sender, which survives one cancellation, and the connections."""
    sender = producer._sender.sender_task  # noqa: SLF001 - no public way
    for _ in range(2):
        if sender is not None and not sender.done():
            sender.cancel()
            await asyncio.wait([sender], timeout=_CUT_SECONDS)
    await _within_a_moment(producer.client.close())


async def _within_a_moment(closing: "asyncio.Future[None]") -> None:
    await asyncio.wait([asyncio.ensure_future(closing)], timeout=_CUT_SECONDS)
