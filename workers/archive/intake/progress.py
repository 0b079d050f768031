"""The archive's doings as metrics of its stage."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from workers.archive.ledger import Spot
from workers.archive.projection import Projected
from workers.archive.writer import Written
from workers.observability.metrics import Metrics
from workers.observability.tracing.spans import Timed, chunk_span, links_of
from workers.observability.tracing.tracer import NO_TRACER, Tracer
from workers.processor import Record

__all__ = ["STAGE", "Progress"]

STAGE = "archive"
_HALTED = "productops_stage_halted"
_LAG = ("productops_stage_lag_events", "productops_stage_lag_seconds")


class Progress:
    """Counts what was committed. ``metrics`` may be ``None`` for a command that is not scraped."""

    def __init__(self, metrics: Metrics | None, tracer: Tracer = NO_TRACER) -> None:
        self._metrics = metrics
        self._tracer = tracer
        self._newest: datetime | None = None
        self._partitions: set[int] = set()
        self._told_halts: set[int] = set()

    def fetched(self, records: int) -> None:
        """Records were read and not yet written."""
        if self._metrics:
            self._metrics.gauge("productops_stage_events_in_progress", STAGE).set(records)

    def committed(
        self,
        projected: Sequence[Projected],
        written: Written,
        *,
        records: Sequence[Record],
        seconds: float,
        now: datetime,
    ) -> None:
        """A batch is in the database."""
        if self._tracer is not NO_TRACER:
            self._trace(records, written, (now.timestamp() - seconds, now.timestamp()))
        if self._metrics is None:
            return
        metrics = self._metrics
        metrics.gauge("productops_stage_events_in_progress", STAGE).set(0)
        metrics.counter("productops_stage_events_in_total", STAGE).inc(len(projected))
        metrics.counter("productops_stage_events_out_total", STAGE).inc(written.readable)
        failed = metrics.counter("productops_stage_events_failed_total", STAGE, "decode")
        failed.inc(written.unreadable)
        metrics.histogram("productops_stage_chunk_seconds", STAGE).observe(seconds)
        metrics.histogram("productops_stage_chunk_events", STAGE).observe(len(projected))
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

    def lag(self, behind: Mapping[Spot, int], waiting: Mapping[Spot, float]) -> None:
        """Records not yet written, and for how many seconds the oldest of them waits.

        By partition number over all topics; others' are forgotten.
        """
        if self._metrics is None:
            return
        events: dict[int, int] = {}
        seconds: dict[int, float] = {}
        for spot, records in behind.items():
            partition = spot.partition
            events[partition] = events.get(partition, 0) + records
            seconds[partition] = max(seconds.get(partition, 0.0), waiting.get(spot, 0.0))
        for partition in self._partitions - set(events):
            for name in _LAG:
                self._metrics.forget(name, STAGE, str(partition))
        for partition, records in events.items():
            for name, value in zip(_LAG, (records, seconds[partition]), strict=True):
                self._metrics.gauge(name, STAGE, str(partition)).set(value)
        self._partitions = set(events)

    def halts(self, owned: Iterable[Spot], halted: Iterable[Spot]) -> None:
        """Which partitions stand still until a person acts, and which do not.

        By partition number over all topics; others' are forgotten.
        """
        if self._metrics is None:
            return
        still = {spot.partition for spot in halted}
        told = {spot.partition for spot in owned} | still
        for partition in self._told_halts - told:
            self._metrics.forget(_HALTED, STAGE, str(partition))
        for partition in told:
            self._metrics.gauge(_HALTED, STAGE, str(partition)).set(partition in still)
        self._told_halts = told

    def _trace(self, records: Sequence[Record], written: Written, when: Timed) -> None:
        self._tracer.record(
            chunk_span(
                STAGE,
                when,
                links=links_of(records),
                events=len(records),
                attributes={"productops.dead": written.unreadable},
            )
        )
