"""What sources do, as metrics. Also the observer that connectors tell about their waiting."""

from datetime import datetime

from connectors.base.contract import Page
from workers.observability.metrics import Metrics

__all__ = ["SourceWatch"]

_STAGE = "connectors"


class SourceWatch:
    """Fulfils ``connectors.base.contract.Observer``."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._newest = 0.0

    def waited(self, source: str, seconds: float, reason: str) -> None:
        """See ``Observer``."""
        self._metrics.counter("productops_source_waited_seconds_total", source, reason).inc(seconds)

    def budget_left(self, source: str, calls: float) -> None:
        """See ``Observer``."""
        self._metrics.gauge("productops_source_budget_left_calls", source).set(calls)

    def failed(self, source: str, error_class: str) -> None:
        """See ``Observer``."""
        self._metrics.counter("productops_source_errors_total", source, error_class).inc()

    def published(self, source: str, page: Page, now: datetime) -> None:
        """A page is committed: counted for its source, and for the stage of all sources."""
        events, dead = len(page.events), len(page.dead)
        metrics = self._metrics
        metrics.counter("productops_source_records_total", source).inc(events)
        metrics.counter("productops_source_dead_records_total", source).inc(dead)
        metrics.counter("productops_stage_events_in_total", _STAGE).inc(events + dead)
        metrics.counter("productops_stage_events_out_total", _STAGE).inc(events + dead)
        metrics.counter("productops_stage_events_failed_total", _STAGE, "mapping").inc(dead)
        age = metrics.histogram("productops_stage_event_age_seconds", _STAGE)
        for event in page.events:
            age.observe(max(0.0, (now - event.time).total_seconds()))
        newest = max((event.time for event in page.events), default=None)
        if newest is not None:
            self._newest = max(self._newest, min(newest, now).timestamp())
            metrics.gauge("productops_stage_last_event_timestamp_seconds", _STAGE).set(self._newest)

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
