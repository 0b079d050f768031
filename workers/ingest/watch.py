"""What sources do, as metrics. Also the observer that connectors tell about their waiting."""

from datetime import datetime

from workers.observability.metrics import Metrics

__all__ = ["SourceWatch"]


class SourceWatch:
    """Fulfils ``connectors.base.contract.Observer``."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def waited(self, source: str, seconds: float, reason: str) -> None:
        """See ``Observer``."""
        self._metrics.counter("productops_source_waited_seconds_total", source, reason).inc(seconds)

    def budget_left(self, source: str, calls: float) -> None:
        """See ``Observer``."""
        self._metrics.gauge("productops_source_budget_left_calls", source).set(calls)

    def failed(self, source: str, error_class: str) -> None:
        """See ``Observer``."""
        self._metrics.counter("productops_source_errors_total", source, error_class).inc()

    def published(self, source: str, events: int, dead: int) -> None:
        """A page is committed."""
        self._metrics.counter("productops_source_records_total", source).inc(events)
        self._metrics.counter("productops_source_dead_records_total", source).inc(dead)
        self._metrics.counter("productops_stage_events_out_total", "connectors").inc(events)

    def succeeded(self, source: str, now: datetime) -> None:
        """The source was read to its end."""
        self._metrics.gauge("productops_source_last_success_timestamp_seconds", source).set(
            now.timestamp()
        )

    def up(self, source: str) -> None:
        """The source is being read."""
        self._metrics.gauge("productops_source_up", source).set(1)

    def down(self, source: str) -> None:
        """The source needs a person."""
        self._metrics.gauge("productops_source_up", source).set(0)
