"""Spans of what the engine does, beside its metrics."""

import time
from collections.abc import Callable, Hashable, Mapping

from schemas.platform import ErrorClass
from workers.observability.metrics import Metrics
from workers.observability.tracing.spans import chunk_span, event_span, links_of
from workers.observability.tracing.tracer import Tracer, new_trace
from workers.streaming.engine.watch import NOTHING_SEEN, Seen
from workers.streaming.metrics_watch import MetricsWatch

__all__ = ["TracedWatch"]


class TracedWatch(MetricsWatch):
    """Fulfils ``TaskWatch``: one span a chunk, one an event that it wrote."""

    def __init__(
        self,
        stage: str,
        metrics: Metrics,
        tracer: Tracer,
        *,
        clock: Callable[[], float] = time.time,
        new: Callable[[], str] = new_trace,
    ) -> None:
        """``clock``: seconds since the epoch; ``new`` draws the ``traceparent`` of a chunk."""
        super().__init__(stage, metrics)
        self._tracer = tracer
        self._clock = clock
        self._new = new

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
        transaction_seconds: float = 0.0,
        seen: Seen = NOTHING_SEEN,
    ) -> None:
        """See ``TaskWatch``."""
        super().committed(
            partition,
            events=events,
            emitted=emitted,
            dead=dead,
            counts=counts,
            seconds=seconds,
            rows=rows,
            newest=newest,
            oldest=oldest,
            transaction_seconds=transaction_seconds,
        )
        failed = sum(dead.values())
        if not events and not emitted and not failed:
            return
        ended = self._clock()
        when = (ended - seconds, ended)
        self._tracer.record(
            chunk_span(
                self._stage,
                when,
                links=links_of(seen.records),
                events=events + failed,
                new=self._new,
                attributes={
                    "messaging.consumer.group.name": f"productops-{self._stage}",
                    "messaging.destination.partition.id": str(partition),
                    "productops.emitted": emitted,
                    "productops.dead": failed,
                },
            )
        )
        for emission in seen.written:
            if emission.event is None:
                continue
            span = event_span(self._stage, emission.event, when, cause=emission.cause)
            if span is not None:
                self._tracer.record(span)
