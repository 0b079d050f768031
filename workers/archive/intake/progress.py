"""The archive's doings as metrics of its stage."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from workers.archive.ledger import Spot
from workers.archive.projection import Projected
from workers.archive.writer import Written
from workers.observability.metrics import Metrics

__all__ = ["STAGE", "Progress"]

STAGE = "archive"


class Progress:
    """Counts what was committed. ``metrics`` may be ``None`` for a command that is not scraped."""

    def __init__(self, metrics: Metrics | None) -> None:
        self._metrics = metrics
        self._newest: datetime | None = None
        self._partitions: set[int] = set()

    def fetched(self, records: int) -> None:
        """Records were read and not yet written."""
        if self._metrics:
            self._metrics.gauge("productops_stage_events_in_progress", STAGE).set(records)

    def committed(
        self, projected: Sequence[Projected], written: Written, *, seconds: float, now: datetime
    ) -> None:
        """A batch is in the database."""
        if self._metrics is None:
            return
        metrics = self._metrics
        metrics.gauge("productops_stage_events_in_progress", STAGE).set(0)
        metrics.counter("productops_stage_events_in_total", STAGE).inc(len(projected))
        metrics.counter("productops_stage_events_out_total", STAGE).inc(written.readable)
        failed = metrics.counter("productops_stage_events_failed_total", STAGE, "decode")
        failed.inc(written.unreadable)
        metrics.histogram("productops_stage_chunk_seconds", STAGE).observe(seconds)
        metrics.counter("productops_stage_transactions_total", STAGE, "committed").inc()
        age = metrics.histogram("productops_stage_event_age_seconds", STAGE)
        for one in projected:
            if one.event_time is not None:
                age.observe(max(0.0, (now - one.event_time).total_seconds()))
        self._newest = max(
            (one.event_time for one in projected if one.event_time is not None),
            default=self._newest,
        )
        if self._newest is not None:
            metrics.gauge("productops_stage_last_event_timestamp_seconds", STAGE).set(
                self._newest.timestamp()
            )

    def aborted(self, *, fenced: bool) -> None:
        """A transaction left no trace and will be made again."""
        if self._metrics is None:
            return
        self._metrics.gauge("productops_stage_events_in_progress", STAGE).set(0)
        result = "fenced" if fenced else "aborted"
        self._metrics.counter("productops_stage_transactions_total", STAGE, result).inc()

    def assigned(self) -> None:
        """An assignment of partitions came."""
        if self._metrics:
            self._metrics.counter("productops_stage_rebalances_total", STAGE).inc()

    def lag(self, behind: Mapping[Spot, int]) -> None:
        """Records not yet written, by partition number over all topics; others' are forgotten."""
        if self._metrics is None:
            return
        total: Counter[int] = Counter()
        for spot, records in behind.items():
            total[spot.partition] += records
        for partition in self._partitions - set(total):
            self._metrics.forget("productops_stage_lag_events", STAGE, str(partition))
        for partition, records in total.items():
            self._metrics.gauge("productops_stage_lag_events", STAGE, str(partition)).set(records)
        self._partitions = set(total)
