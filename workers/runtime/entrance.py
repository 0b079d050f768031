"""The way in to every role that works on topics: the cluster is there, its topics are looked at.

A broker may be later than the role. Whatever comes first, no topic is touched before the check.
"""

import asyncio
from collections.abc import Callable

import structlog

from workers.config.settings import KafkaSettings
from workers.observability.said import Said
from workers.runtime.process import Runnable
from workers.streaming.access.errors import AccessError, ClusterError
from workers.streaming.access.knock import knock
from workers.streaming.backoff import backoff
from workers.streaming.clients import client_settings

__all__ = ["Entrance"]

log = structlog.get_logger(__name__)

_FIRST_PAUSE_SECONDS = 0.5
_MAX_PAUSE_SECONDS = 10.0


class Entrance:
    """A role that begins once the check has passed. Fulfils ``Runnable``."""

    def __init__(
        self, role: Runnable, kafka: KafkaSettings, check: Callable[[KafkaSettings], None]
    ) -> None:
        """``check`` blocks; it raises ``ClusterError`` where asking again later may help."""
        self._role = role
        self._kafka = kafka
        self._check = check
        self._passed = False

    @property
    def ready(self) -> bool:
        """Whether the role is; before the check it is not."""
        return self._passed and self._role.ready

    @property
    def alive(self) -> bool:
        """Whether the role still moves."""
        return self._role.alive

    async def run(self, stop: asyncio.Event) -> None:
        """Wait for the cluster, check, run the role; raises what the check or the role raises.

        A cluster that refuses us, or has the wrong topics, is not waited for: that needs a person.
        """
        await self._pass(stop)
        if self._passed:
            await self._role.run(stop)

    async def _pass(self, stop: asyncio.Event) -> None:
        """Try until it works or ``stop`` comes. Says why it waits as ``until_reachable`` does."""
        said, failures = Said(), 0
        stopped = asyncio.create_task(stop.wait(), name="stop")
        try:
            while not stop.is_set():
                asking = asyncio.create_task(self._ask(), name="topics")
                await asyncio.wait((asking, stopped), return_when=asyncio.FIRST_COMPLETED)
                if not asking.done():
                    asking.cancel()
                    await asyncio.gather(asking, return_exceptions=True)
                    return
                reason = asking.result()
                if reason is None:
                    self._passed = not stop.is_set()
                    return
                if said.due(reason):
                    self._say(reason)
                failures += 1
                pause = backoff(failures, first=_FIRST_PAUSE_SECONDS, most=_MAX_PAUSE_SECONDS)
                await asyncio.wait((stopped,), timeout=pause)
        finally:
            stopped.cancel()
            await asyncio.gather(stopped, return_exceptions=True)

    async def _ask(self) -> str | None:
        """Why the check could not be made; ``None`` when it has passed."""
        try:
            await knock(client_settings(self._kafka))  # unlike the check it can be cut short
            await asyncio.to_thread(self._check, self._kafka)
        except AccessError:
            raise
        except (ClusterError, OSError) as error:
            return str(error) or type(error).__name__
        return None

    def _say(self, reason: str) -> None:
        log.warning(
            "kafka_unreachable",
            servers=list(self._kafka.servers),
            reason=reason,
            remedy="the role waits, unready, and starts by itself once this is mended",
        )
