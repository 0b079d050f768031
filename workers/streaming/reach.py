"""Wait for a broker before a role starts: a client that starts without one just fails."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import structlog
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

__all__ = ["until_reachable"]

log = structlog.get_logger(__name__)

_FIRST_PAUSE_SECONDS = 0.5
_MAX_PAUSE_SECONDS = 10.0
_SAY_SECONDS = 60.0


async def until_reachable(settings: Mapping[str, Any], stop: asyncio.Event) -> bool:
    """Wait until a broker answers; ``False`` when ``stop`` came first.

    Says what it waits for at once and then every minute.
    """
    pause = _FIRST_PAUSE_SECONDS
    said: float | None = None
    while not stop.is_set():
        if await _answers(settings):
            return True
        if said is None or time.monotonic() - said > _SAY_SECONDS:
            said = time.monotonic()
            log.warning(
                "kafka_unreachable",
                servers=list(settings["bootstrap_servers"]),
                remedy="check KAFKA_BOOTSTRAP_SERVERS, the KAFKA_* settings of security, and "
                "that the broker runs; the role waits, unready, and starts by itself",
            )
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await stop.wait()
        pause = min(_MAX_PAUSE_SECONDS, pause * 2)
    return False


async def _answers(settings: Mapping[str, Any]) -> bool:
    client = AIOKafkaClient(**settings, client_id="productops-reach", request_timeout_ms=5_000)
    try:
        await client.bootstrap()
    except (KafkaError, OSError, TimeoutError):
        return False
    finally:
        await client.close()
    return True
