"""Spans of what the engine does, beside its metrics."""

import time
from collections.abc import Callable

from workers.observability.metrics import Metrics
from workers.observability.tracing.spans import chunk_span, event_span, links_of
from workers.observability.tracing.tracer import Tracer, new_trace
from workers.streaming.engine.watch import ChunkDone
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

    def committed(self, partition: int, chunk: ChunkDone) -> None:
        """See ``TaskWatch``."""
        super().committed(partition, chunk)
        if chunk.idle:
            return
        ended = self._clock()
        when = (ended - chunk.seconds, ended)
        self._tracer.record(
            chunk_span(
                self._stage,
                when,
                links=links_of(chunk.records),
                events=chunk.events + chunk.failed,
                new=self._new,
                attributes={
                    "messaging.consumer.group.name": f"productops-{self._stage}",
                    "messaging.destination.partition.id": str(partition),
                    "productops.emitted": chunk.emitted,
                    "productops.dead": chunk.failed,
                },
            )
        )
        for emission in chunk.written:
            if emission.event is None:
                continue
            span = event_span(self._stage, emission.event, when, cause=emission.cause)
            if span is not None:
                self._tracer.record(span)
