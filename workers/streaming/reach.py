"""Wait for a broker before a role starts: a client that starts without one just fails."""

import asyncio
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from typing import Any

import structlog

from workers.observability.said import Said
from workers.streaming.access.errors import ClusterError
from workers.streaming.access.knock import knock

__all__ = ["until_reachable"]

log = structlog.get_logger(__name__)

_FIRST_PAUSE_SECONDS = 0.5
_MAX_PAUSE_SECONDS = 10.0


async def until_reachable(settings: Mapping[str, Any], stop: asyncio.Event) -> bool:
    """Wait until a broker lets us in; ``False`` when ``stop`` came first.

    Says why it waits at once, whenever the reason changes, and every minute.
    """
    pause = _FIRST_PAUSE_SECONDS
    said = Said()
    while not stop.is_set():
        reason = await _until(stop, _refusal(settings))
        if reason is None:
            return not stop.is_set()
        if said.due(reason):
            log.warning(
                "kafka_unreachable",
                servers=list(settings["bootstrap_servers"]),
                reason=reason,
                remedy="the role waits, unready, and starts by itself once this is mended",
            )
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await stop.wait()
        pause = min(_MAX_PAUSE_SECONDS, pause * 2)
    return False


async def _until(stop: asyncio.Event, asking: Coroutine[Any, Any, str | None]) -> str | None:
    """What was asked for, or ``None`` as soon as ``stop`` comes: silent servers take seconds."""
    answer, stopped = asyncio.ensure_future(asking), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait((answer, stopped), return_when=asyncio.FIRST_COMPLETED)
        return answer.result() if answer.done() else None
    finally:
        for waiting in (answer, stopped):
            waiting.cancel()
        await asyncio.gather(answer, stopped, return_exceptions=True)


async def _refusal(settings: Mapping[str, Any]) -> str | None:
    """Why nobody lets us in, which setting to look at; ``None`` when somebody does."""
    try:
        await knock(settings)
    except ClusterError as error:
        return str(error)
    return None
