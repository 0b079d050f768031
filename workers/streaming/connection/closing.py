"""Clients end within a bound: their own ways of ending wait for answers of the broker.

What is not answered by then is of no use to anybody: a group notices by itself who is gone, and
what was not acknowledged is written again. Nor is what goes wrong: where the broker is gone,
aiokafka's consumer ends by ``CancelledError``, which in place of an error would pass for a
cancellation of whoever was ending it.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

__all__ = ["stop_consumer", "stop_producer"]

_PATIENCE_SECONDS = 1.5
"""For a broker to answer. It takes milliseconds where one is there."""
_CUT_SECONDS = 0.5


async def stop_consumer(consumer: AIOKafkaConsumer) -> None:
    """Leave the group and disconnect; after a moment without an answer only disconnect.

    Raises nothing but the cancellation of its caller.
    """
    if await _ends_well(consumer.stop(), _PATIENCE_SECONDS):
        return
    fetcher, client = consumer._fetcher, consumer._client  # noqa: SLF001 - no public way
    if fetcher is not None:
        await _ends_well(fetcher.close(), _CUT_SECONDS)
    await _ends_well(client.close(), _CUT_SECONDS)


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
    await _ends_well(producer.client.close(), _CUT_SECONDS)


async def _ends_well(closing: Coroutine[Any, Any, None], seconds: float) -> bool:
    """Whether it comes to its end in time; it is a task of its own, so its errors stay with it."""
    ending = asyncio.create_task(closing)
    try:
        await asyncio.wait([ending], timeout=seconds)
    finally:
        ending.cancel()
    return ending.done() and not ending.cancelled() and ending.exception() is None
