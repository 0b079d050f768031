"""What flows to a job: events on both inputs, and the ticks of the clock into every partition."""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError

from schemas.topics import CLOCK_TICKED, Topic
from tests.integration.chaos.judging.oracle import event
from tests.integration.chaos.world.sitting_worker import LINGER_MS
from workers.config.settings import KafkaSettings
from workers.ingest.clock import tick

__all__ = ["Feed"]

_TICK_SECONDS = 0.5
_PATIENCE_MS = 60_000
"""For a broker that is there to answer: many may be busy beside it."""
_SOON_MS = 5_000
"""For one that may be away: it is asked again."""


class Feed:
    """Writes in order, whatever becomes of the brokers meanwhile.

    A broker that dies of a full disk refuses with an error that no client tries again after, and
    after which kafka-python's producer may never write again. So another takes its place. What
    was refused is not written again: the events that are in the topics, whichever they are, are
    what an undisturbed run is made from.
    """

    def __init__(self, kafka: KafkaSettings, inputs: Sequence[Topic]) -> None:
        self._sent = 0
        self._refused: list[Exception] = []
        self.over_at = 0.0
        """When the last sitting is over, in seconds since the epoch."""
        self.ticked_off = False
        """Whether the clock has ticked since then."""
        self._kafka = kafka
        self._inputs = inputs
        self._ticked_at = 0.0
        self._ticks: dict[int, Any] = {}
        self._broken = False
        self._producer = self._begin()

    @property
    def written(self) -> int:
        """How many events are written or on their way."""
        return self._sent - len(self._refused)

    def mend(self) -> bool:
        """Whether events can be written; replaces a producer that is broken if a broker answers."""
        if self._broken:
            self.close()
            with suppress(KafkaError):
                self._producer, self._broken = self._begin(_SOON_MS), False
        return not self._broken

    def write(self, *, poison: bool | None = None) -> None:
        """The next event."""
        place, key, value = event(self._sent, poison=poison)
        sending = self._producer.send(self._inputs[place].name, key=key, value=value)
        sending.add_errback(partial(self._refuse, self._producer))
        self._sent += 1
        self.over_at = time.time() + LINGER_MS / 1000
        self.ticked_off = False

    def tick_if_due(self) -> None:
        """Tick twice a second."""
        if time.monotonic() - self._ticked_at > _TICK_SECONDS:
            self._tick()

    def tick_off(self, seconds: float) -> Mapping[int, int]:
        """Tick once more now that the last sitting is over, unless that was done.

        For each partition, where the clock's topic goes on after its last tick.
        """
        if not self.ticked_off:
            self._tick()
            self.ticked_off = True
        self.flush(seconds)
        return {partition: one.get(seconds).offset + 1 for partition, one in self._ticks.items()}

    def flush(self, seconds: float) -> None:
        """Wait until all that was written is acknowledged."""
        self._producer.flush(timeout=seconds)

    def close(self) -> None:
        """End the connections; what is not written by now is refused."""
        sender = self._producer._sender
        sender.force_close()
        sender.join()  # close() alone would raise while anything waits to be written
        self._producer.close(timeout=0)

    def _begin(self, patience_ms: int = _PATIENCE_MS) -> KafkaProducer:
        return KafkaProducer(
            bootstrap_servers=list(self._kafka.servers),
            bootstrap_timeout_ms=patience_ms,
            delivery_timeout_ms=600_000,
            linger_ms=5,
            enable_idempotence=True,
        )

    def _refuse(self, producer: KafkaProducer, error: Exception) -> None:
        """Called by the thread of a producer, which may have been replaced."""
        self._refused.append(error)
        self._broken |= producer is self._producer

    def _tick(self) -> None:
        self._ticked_at = time.monotonic()
        now = datetime.now(UTC)
        for partition in range(CLOCK_TICKED.partitions):
            ticked = tick(partition, now)
            self._ticks[partition] = self._producer.send(
                CLOCK_TICKED.name,
                key=ticked.partitionkey.encode(),
                value=ticked.to_json(),
                partition=partition,
            )
