"""The way in to every role that works on topics: the cluster is there, its topics are looked at.

A broker may be later than the role. Whatever comes first, no topic is touched before the check.
"""

import asyncio
from collections.abc import Callable

from workers.config.settings import KafkaSettings
from workers.runtime.entry.aside import in_daemon_thread
from workers.runtime.process import Runnable
from workers.streaming.access.errors import AccessError
from workers.streaming.access.knock import knock
from workers.streaming.connection.clients import client_settings
from workers.streaming.connection.reach import say_unreachable, until_passed

__all__ = ["Entrance"]


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
        self._passed = await until_passed(
            self._ask,
            stop,
            lambda reason: say_unreachable(self._kafka.servers, reason),
            final=(AccessError,),
        )
        if self._passed:
            await self._role.run(stop)

    async def _ask(self) -> None:
        await knock(client_settings(self._kafka))  # unlike the check it can be cut short
        await in_daemon_thread(lambda: self._check(self._kafka))
