"""What flows to a job: events on both inputs, and the ticks of the clock into every partition."""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from kafka import KafkaProducer

from schemas.topics import CLOCK_TICKED, Topic
from tests.integration.chaos.judging.oracle import event
from tests.integration.chaos.world.sitting_worker import LINGER_MS
from workers.config.settings import KafkaSettings
from workers.ingest.clock import tick

__all__ = ["Feed"]

_TICK_SECONDS = 0.5


class Feed:
    """Writes in order and once, whatever becomes of the brokers meanwhile."""

    def __init__(self, kafka: KafkaSettings, inputs: Sequence[Topic]) -> None:
        self.written = 0
        """How many events."""
        self.over_at = 0.0
        """When the last sitting is over, in seconds since the epoch."""
        self.ticked_off = False
        """Whether the clock has ticked since then."""
        self._inputs = inputs
        self._ticked_at = 0.0
        self._ticks: dict[int, Any] = {}
        self._producer = KafkaProducer(
            bootstrap_servers=list(kafka.servers),
            delivery_timeout_ms=600_000,
            linger_ms=5,
            enable_idempotence=True,
        )

    def write(self, *, poison: bool | None = None) -> None:
        """The next event."""
        place, key, value = event(self.written, poison=poison)
        self._producer.send(self._inputs[place].name, key=key, value=value)
        self.written += 1
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
        """End the connections."""
        self._producer.close(timeout=0)

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
