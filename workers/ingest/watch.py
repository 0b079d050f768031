"""What sources do, as metrics. Also the observer that connectors tell about their waiting."""

from collections.abc import Sequence
from datetime import datetime

from connectors.base.contract import Page
from schemas.trace import root
from workers.config.sources import Source
from workers.observability.catalogue import SOURCE
from workers.observability.metrics import Metrics
from workers.observability.tracing.spans import event_span
from workers.observability.tracing.tracer import (
    MAX_LINKS,
    NO_TRACER,
    Kind,
    Span,
    Tracer,
    new_trace,
)

__all__ = ["SourceWatch"]

_STAGE = "connectors"


class SourceWatch:
    """Fulfils ``connectors.base.contract.Observer``."""

    def __init__(self, metrics: Metrics, tracer: Tracer = NO_TRACER) -> None:
        self._metrics = metrics
        self._tracer = tracer
        self._newest = 0.0

    def expect(self, sources: Sequence[Source]) -> None:
        """These are going to be read: their counters start at 0."""
        self._metrics.expect(SOURCE, [source.name for source in sources])
        for source in sources:
            self._metrics.gauge("productops_source_interval_seconds", source.name).set(
                source.every.total_seconds()
            )

    def waited(self, source: str, seconds: float, reason: str) -> None:
        """See ``Observer``."""
        self._metrics.counter("productops_source_waited_seconds_total", source, reason).inc(seconds)

    def budget_left(self, source: str, calls: float) -> None:
        """See ``Observer``."""
        self._metrics.gauge("productops_source_budget_left_calls", source).set(calls)

    def failed(self, source: str, error_class: str) -> None:
        """See ``Observer``."""
        self._metrics.counter("productops_source_errors_total", source, error_class).inc()

    def published(
        self,
        source: str,
        page: Page,
        now: datetime,
        *,
        seconds: float = 0.0,
        transaction_seconds: float = 0.0,
    ) -> None:
        """A page is committed: counted for its source, and for the stage of all sources.

        ``seconds``: how long it took from asking for it to its commit, ``transaction_seconds``
        the part of it from begin to commit.
        """
        events, dead = len(page.events), len(page.dead)
        metrics = self._metrics
        metrics.counter("productops_source_records_total", source).inc(events)
        metrics.counter("productops_source_dead_records_total", source).inc(dead)
        if events or dead:
            self._trace(source, page, now.timestamp(), (seconds, transaction_seconds))
            metrics.histogram("productops_stage_chunk_events", _STAGE).observe(events + dead)
            metrics.histogram("productops_stage_chunk_seconds", _STAGE).observe(seconds)
            metrics.histogram("productops_stage_transaction_seconds", _STAGE).observe(
                transaction_seconds
            )
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

    def committed(self) -> None:
        """A transaction of a source is in the topics."""
        self._ended("committed")

    def aborted(self) -> None:
        """A transaction came to nothing, or nobody knows yet whether it did."""
        self._ended("aborted")

    def fenced(self) -> None:
        """A younger poller has the source: a transaction of ours was refused."""
        self._ended("fenced")

    def _ended(self, result: str) -> None:
        self._metrics.counter("productops_stage_transactions_total", _STAGE, result).inc()

    def _trace(self, source: str, page: Page, ended: float, took: tuple[float, float]) -> None:
        """The page as a span, and the beginning of each of its events' traces.

        An event that its sender gave a trace has its beginning there.
        """
        if self._tracer is NO_TRACER:
            return
        seconds, transaction_seconds = took
        traces = [event.traceparent for event in page.events if event.traceparent is not None]
        self._tracer.record(
            Span(
                name=f"{_STAGE} pull {source}",
                kind=Kind.CLIENT,
                traceparent=new_trace(),
                started=ended - seconds,
                ended=ended,
                links=traces[:MAX_LINKS],
                attributes={
                    "productops.source": source,
                    "messaging.batch.message_count": len(page.events),
                    "productops.dead": len(page.dead),
                },
            )
        )
        when = (ended - transaction_seconds, ended)
        for event in page.events:
            if event.traceparent == root(event.identity):
                span = event_span(_STAGE, event, when, cause=None)
                if span is not None:
                    self._tracer.record(span)

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
