"""The engine's doings as metrics of the role's stage."""

import time
from collections.abc import Hashable, Mapping

from schemas.platform import ErrorClass
from workers.observability.metrics import Metrics

__all__ = ["MetricsWatch"]


class MetricsWatch:
    """Fulfils ``TaskWatch``; one for each role in its process."""

    def __init__(self, stage: str, metrics: Metrics) -> None:
        self._stage = stage
        self._metrics = metrics
        self._in_progress = metrics.gauge("productops_stage_events_in_progress", stage)
        self._in = metrics.counter("productops_stage_events_in_total", stage)
        self._out = metrics.counter("productops_stage_events_out_total", stage)
        self._age = metrics.histogram("productops_stage_event_age_seconds", stage)
        self._chunk = metrics.histogram("productops_stage_chunk_seconds", stage)
        self._newest = metrics.gauge("productops_stage_last_event_timestamp_seconds", stage)
        self._newest_seen = 0.0

    def restored(self, partition: int, rows: int, seconds: float) -> None:
        """See ``TaskWatch``."""
        part = str(partition)
        self._metrics.gauge("productops_stage_state_rows", self._stage, part).set(rows)
        self._metrics.gauge("productops_stage_restore_seconds", self._stage, part).set(seconds)

    def taken(self, records: int) -> None:
        """See ``TaskWatch``."""
        self._in_progress.inc(records)

    def done(self, records: int) -> None:
        """See ``TaskWatch``."""
        self._in_progress.dec(records)

    def committed(
        self,
        partition: int,
        *,
        events: int,
        emitted: int,
        dead: Mapping[ErrorClass, int],
        counts: Mapping[tuple[str, Hashable], int],
        seconds: float,
        rows: int,
        newest: int,
        oldest: int,
    ) -> None:
        """See ``TaskWatch``. The age observed is that of the chunk's oldest and newest event."""
        stage, metrics = self._stage, self._metrics
        failed = sum(dead.values())
        for (name, label), count in counts.items():
            labels = label if isinstance(label, tuple) else (label,)
            metrics.counter(name, *(str(value) for value in labels)).inc(count)
        if not events and not emitted and not failed:
            return
        self._in.inc(events + failed)
        self._out.inc(emitted + failed)
        self._chunk.observe(seconds)
        for error_class, count in dead.items():
            metrics.counter("productops_stage_events_failed_total", stage, error_class).inc(count)
        metrics.gauge("productops_stage_state_rows", stage, str(partition)).set(rows)
        metrics.counter("productops_stage_transactions_total", stage, "committed").inc()
        if events:
            now = time.time()
            self._age.observe(max(0.0, now - newest / 1000))
            if events > 1:
                self._age.observe(max(0.0, now - oldest / 1000))
            self._newest_seen = max(self._newest_seen, newest / 1000)
            self._newest.set(min(self._newest_seen, now))  # a date in the future says nothing

    def lag(self, partition: int, events: int) -> None:
        """See ``TaskWatch``."""
        self._metrics.gauge("productops_stage_lag_events", self._stage, str(partition)).set(events)

    def aborted(self, partition: int) -> None:
        """See ``TaskWatch``."""
        del partition
        self._metrics.counter("productops_stage_transactions_total", self._stage, "aborted").inc()

    def fenced(self, partition: int) -> None:
        """See ``TaskWatch``."""
        del partition
        self._metrics.counter("productops_stage_transactions_total", self._stage, "fenced").inc()

    def assigned(self) -> None:
        """See ``TaskWatch``."""
        self._metrics.counter("productops_stage_rebalances_total", self._stage).inc()

    def halted(self, partition: int) -> None:
        """See ``TaskWatch``."""
        self._metrics.gauge("productops_stage_halted", self._stage, str(partition)).set(1)

    def closed(self, partition: int) -> None:
        """See ``TaskWatch``."""
        part = str(partition)
        for name in (
            "productops_stage_halted",
            "productops_stage_lag_events",
            "productops_stage_state_rows",
            "productops_stage_restore_seconds",
        ):
            self._metrics.forget(name, self._stage, part)
