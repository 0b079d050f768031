"""Whether Kafka answers a running worker, and what to say while it does not.

The clients try again and again and keep the reason to themselves; nothing that a task does shows
whether its fetches are answered. So the last answer is looked at: a fetch is answered several
times a second, also where there is nothing new.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from workers.observability.said import Said
from workers.streaming.access.errors import ClusterError
from workers.streaming.access.knock import knock

__all__ = ["Hearing"]

log = structlog.get_logger(__name__)

_SILENT_SECONDS = 20.0
_DEAF_SECONDS = 120.0


class Hearing:
    """Told now and then when the last answer came. All methods run on the worker's loop."""

    def __init__(
        self, settings: Mapping[str, Any], role: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._role = role
        self._clock = clock
        self._answered = 0.0
        self._heard_at = clock()
        self._reachable_since: float | None = None
        self._said = Said(clock)

    @property
    def silent(self) -> bool:
        """Whether no answer has come for a while."""
        return self._clock() - self._heard_at > _SILENT_SECONDS

    @property
    def deaf(self) -> bool:
        """Whether no answer comes although a broker has been there for minutes: we are stuck."""
        since = self._reachable_since
        return since is not None and self._clock() - since > _DEAF_SECONDS

    async def listen(self, answered: float | None) -> None:
        """Take when the last answer came (any scale); ``None`` where none is expected."""
        if answered is None or answered > self._answered:
            self._answered = max(self._answered, answered or 0.0)
            self._heard_at = self._clock()
            self._reachable_since = None
            if self._said.reason:
                log.info("kafka_answers", role=self._role)
            self._said.forget()
        elif self.silent:
            await self._ask()

    async def _ask(self) -> None:
        try:
            await knock(self._settings)
        except ClusterError as error:
            self._reachable_since = None
            self._say(str(error))
            return
        if self._reachable_since is None:
            self._reachable_since = self._clock()
        self._say("a broker is there, but fetches are not answered")

    def _say(self, reason: str) -> None:
        if not self._said.due(reason):
            return
        log.warning(
            "kafka_unreachable",
            role=self._role,
            servers=list(self._settings["bootstrap_servers"]),
            reason=reason,
            remedy="the role waits, unready, and goes on by itself once this is mended",
        )
