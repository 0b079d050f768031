"""Spans to an OpenTelemetry collector, by OTLP over HTTP, from a thread of the SDK's own.

The queue is bounded and drops when full: a collector that is away costs spans, never time. One
line in the log tells when exporting begins to fail, one when it works again.
"""

import logging
import os
import socket
import threading
from collections.abc import Mapping, Sequence

import structlog
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    SpanExporter,
    SpanExportResult,
)
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from schemas.trace import TraceParent, parse
from workers import __version__
from workers.observability.tracing.sampling import Sampling
from workers.observability.tracing.tracer import MAX_LINKS, Kind, Span

__all__ = ["OtlpTracer"]

log = structlog.get_logger(__name__)

_CLOSE_SECONDS = 2.0
_QUEUE = 10_000
"""Spans that wait at most, some 15 MB: a chunk of a backlog makes thousands at once, for which
the SDK's own 2,048 is too few. ``OTEL_BSP_MAX_QUEUE_SIZE`` says otherwise."""
_KINDS = {
    Kind.CLIENT: SpanKind.CLIENT,
    Kind.CONSUMER: SpanKind.CONSUMER,
    Kind.PRODUCER: SpanKind.PRODUCER,
}
_SCOPE = InstrumentationScope("productops", __version__)
_WITHOUT_STATUS = Status()


class OtlpTracer:
    """Fulfils ``Tracer``."""

    def __init__(
        self,
        exporter: SpanExporter,
        resource: Resource,
        sampling: Sampling,
        *,
        queue: int | None = _QUEUE,
    ) -> None:
        """``queue``: spans that wait at most; ``None`` for what the environment says."""
        _hush()
        self._exporter = exporter
        self._resource = resource
        self._sampling = sampling
        self._processor = BatchSpanProcessor(_Told(exporter), max_queue_size=queue)

    @classmethod
    def from_environment(
        cls, role: str, environ: Mapping[str, str], *, endpoint: str
    ) -> "OtlpTracer":
        """With sampling and queue as these variables say.

        Headers, time-outs, certificates and further attributes the SDK takes from the process's
        own environment.
        """
        attributes = {
            "service.namespace": "productops",
            "service.version": __version__,
            "service.instance.id": f"{socket.gethostname()}/{os.getpid()}",
            "productops.role": role,
        }
        if not environ.get("OTEL_SERVICE_NAME"):
            attributes["service.name"] = f"productops-{role}"
        resource = Resource.create(attributes)
        return cls(
            OTLPSpanExporter(endpoint=endpoint),
            resource,
            Sampling.from_environment(environ),
            queue=None if environ.get("OTEL_BSP_MAX_QUEUE_SIZE") else _QUEUE,
        )

    def record(self, span: Span) -> None:
        """See ``Tracer``."""
        own = parse(span.traceparent)
        if own is None or not own.sampled or not self._sampling.takes(own.trace_id):
            return
        self._processor.on_end(
            ReadableSpan(
                name=span.name,
                context=_context(own),
                parent=_remote(span.parent),
                resource=self._resource,
                attributes=span.attributes,
                links=[
                    Link(context)
                    for link in span.links[:MAX_LINKS]
                    if (context := _remote(link)) is not None
                ],
                kind=_KINDS[span.kind],
                status=Status(StatusCode.ERROR, span.failed) if span.failed else _WITHOUT_STATUS,
                start_time=int(span.started * 1e9),
                end_time=int(max(span.started, span.ended) * 1e9),
                instrumentation_scope=_SCOPE,
            )
        )

    def close(self) -> None:
        """See ``Tracer``. What a collector that is away has not taken by then is lost."""
        closing = threading.Thread(target=self._processor.shutdown, name="spans", daemon=True)
        closing.start()
        closing.join(_CLOSE_SECONDS)
        if closing.is_alive():
            self._exporter.shutdown()  # wakes it from waiting for a next try
            closing.join(_CLOSE_SECONDS / 4)


class _Told(SpanExporter):
    """Tells in the log when exporting begins to fail, and when it works again."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._failing = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Export a batch; one that fails is lost."""
        result = self._exporter.export(spans)
        failed = result is not SpanExportResult.SUCCESS
        if failed and not self._failing:
            log.warning(
                "spans_not_exported",
                lost=len(spans),
                remedy="check OTEL_EXPORTER_OTLP_ENDPOINT and its collector; nothing else waits "
                "for it, and this is said once until it works again",
            )
        elif self._failing and not failed:
            log.info("spans_exported_again")
        self._failing = failed
        return result

    def shutdown(self) -> None:
        """End the exporter."""
        self._exporter.shutdown()


def _context(own: TraceParent, *, remote: bool = False) -> SpanContext:
    flags = TraceFlags(TraceFlags.SAMPLED if own.sampled else TraceFlags.DEFAULT)
    return SpanContext(int(own.trace_id, 16), int(own.span_id, 16), remote, flags)


def _remote(traceparent: str | None) -> SpanContext | None:
    parsed = parse(traceparent)
    return None if parsed is None else _context(parsed, remote=True)


def _hush() -> None:
    """The SDK would log each failed try, and each span that its full queue drops."""
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
