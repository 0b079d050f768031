"""The engine's doings as metrics of the role's stage."""

import time

from workers.observability.metrics import Metrics
from workers.streaming.engine.watch import ChunkDone

__all__ = ["MetricsWatch"]

_OF_A_PARTITION = (
    "productops_stage_halted",
    "productops_stage_lag_events",
    "productops_stage_lag_seconds",
    "productops_stage_queue_events",
    "productops_stage_paused",
    "productops_stage_state_rows",
    "productops_stage_restore_records",
    "productops_stage_restore_seconds",
)
"""Series with a partition as label: they go with the task."""


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
        self._sizes = metrics.histogram("productops_stage_chunk_events", stage)
        self._process = metrics.histogram("productops_stage_process_seconds", stage)
        self._transaction = metrics.histogram("productops_stage_transaction_seconds", stage)
        self._newest = metrics.gauge("productops_stage_last_event_timestamp_seconds", stage)
        self._newest_seen = 0.0

    def restored(self, partition: int, rows: int, seconds: float, *, read: int = 0) -> None:
        """See ``TaskWatch``."""
        self._set("productops_stage_state_rows", partition, rows)
        self._set("productops_stage_restore_records", partition, read)
        self._set("productops_stage_restore_seconds", partition, seconds)
        self._set("productops_stage_halted", partition, 0)

    def standby(self, partition: int, rows: int | None) -> None:
        """See ``TaskWatch``."""
        if rows is None:
            name = "productops_stage_standby_rows"
            self._metrics.forget(name, self._stage, str(partition))
        else:
            self._set("productops_stage_standby_rows", partition, rows)

    def taken(self, records: int) -> None:
        """See ``TaskWatch``."""
        self._in_progress.inc(records)

    def done(self, records: int) -> None:
        """See ``TaskWatch``."""
        self._in_progress.dec(records)

    def committed(self, partition: int, chunk: ChunkDone) -> None:
        """See ``TaskWatch``. The age observed is that of the chunk's oldest and newest event."""
        stage, metrics = self._stage, self._metrics
        for (name, label), count in chunk.counts.items():
            labels = label if isinstance(label, tuple) else (label,)
            metrics.counter(name, *(str(value) for value in labels)).inc(count)
        if chunk.idle:
            return
        self._in.inc(chunk.events + chunk.failed)
        self._out.inc(chunk.emitted + chunk.failed)
        self._chunk.observe(chunk.seconds)
        self._sizes.observe(chunk.events + chunk.failed)
        self._process.observe(max(0.0, chunk.seconds - chunk.transaction_seconds))
        if chunk.transaction_seconds:
            self._transaction.observe(chunk.transaction_seconds)
            metrics.counter("productops_stage_transactions_total", stage, "committed").inc()
        for error_class, count in chunk.dead.items():
            metrics.counter("productops_stage_events_failed_total", stage, error_class).inc(count)
        metrics.gauge("productops_stage_state_rows", stage, str(partition)).set(chunk.rows)
        if chunk.events:
            now = time.time()
            self._age.observe(max(0.0, now - chunk.newest / 1000))
            if chunk.events > 1:
                self._age.observe(max(0.0, now - chunk.oldest / 1000))
            self._newest_seen = max(self._newest_seen, chunk.newest / 1000)
            self._newest.set(min(self._newest_seen, now))  # a date in the future says nothing

    def lag(self, partition: int, events: int, seconds: float = 0.0) -> None:
        """See ``TaskWatch``."""
        self._set("productops_stage_lag_events", partition, events)
        self._set("productops_stage_lag_seconds", partition, seconds if events else 0.0)

    def queued(self, partition: int, records: int, *, paused: bool = False) -> None:
        """See ``TaskWatch``."""
        self._set("productops_stage_queue_events", partition, records)
        self._set("productops_stage_paused", partition, int(paused))

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
        self._set("productops_stage_halted", partition, 1)

    def closed(self, partition: int) -> None:
        """See ``TaskWatch``."""
        for name in _OF_A_PARTITION:
            self._metrics.forget(name, self._stage, str(partition))

    def _set(self, name: str, partition: int, value: float) -> None:
        self._metrics.gauge(name, self._stage, str(partition)).set(value)
