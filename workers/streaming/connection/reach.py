"""Wait for a broker before anything starts: a client that starts without one just fails."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import structlog

from workers.observability.said import Said
from workers.streaming.access.errors import ClusterError
from workers.streaming.access.knock import knock
from workers.streaming.backoff import backoff

__all__ = ["say_unreachable", "until_passed", "until_reachable"]

log = structlog.get_logger(__name__)

_FIRST_PAUSE_SECONDS = 0.5
_MAX_PAUSE_SECONDS = 10.0


async def until_reachable(settings: Mapping[str, Any], stop: asyncio.Event) -> bool:
    """Wait until a broker lets us in; ``False`` when ``stop`` came first.

    Says why it waits at once, whenever the reason changes, and every minute.
    """
    servers = settings["bootstrap_servers"]
    return await until_passed(
        lambda: knock(settings), stop, lambda reason: say_unreachable(servers, reason)
    )


async def until_passed(
    ask: Callable[[], Awaitable[None]],
    stop: asyncio.Event,
    say: Callable[[str], None],
    final: tuple[type[ClusterError], ...] = (),
) -> bool:
    """Ask a cluster again and again until it does not fail; ``False`` when ``stop`` came first.

    Why it waits goes to ``say`` at once, whenever the reason changes, and every minute. What is
    asked is cut short by ``stop``, for silent servers take seconds. Raises what is ``final``, and
    whatever is no ``ClusterError`` or ``OSError``.
    """
    said, failures = Said(), 0
    stopped = asyncio.create_task(stop.wait(), name="stop")
    try:
        while not stop.is_set():
            asking = asyncio.create_task(_reason(ask, final), name="asking")
            await asyncio.wait((asking, stopped), return_when=asyncio.FIRST_COMPLETED)
            if not asking.done():
                asking.cancel()
                await asyncio.gather(asking, return_exceptions=True)
                return False
            reason = asking.result()
            if reason is None:
                return not stop.is_set()
            if said.due(reason):
                say(reason)
            failures += 1
            pause = backoff(failures, first=_FIRST_PAUSE_SECONDS, most=_MAX_PAUSE_SECONDS)
            await asyncio.wait((stopped,), timeout=pause)
        return False
    finally:
        stopped.cancel()
        await asyncio.gather(stopped, return_exceptions=True)


def say_unreachable(servers: Sequence[str], reason: str, waits: str = "the role waits") -> None:
    """The log line of who waits for a cluster; ``reason`` names the setting to look at."""
    log.warning(
        "kafka_unreachable",
        servers=list(servers),
        reason=reason,
        remedy=f"{waits}, unready, and starts by itself once this is mended",
    )


async def _reason(
    ask: Callable[[], Awaitable[None]], final: tuple[type[ClusterError], ...]
) -> str | None:
    """Why asking again later may help; ``None`` when it is not needed."""
    try:
        await ask()
    except final:
        raise
    except (ClusterError, OSError) as error:
        return str(error) or type(error).__name__
    return None
