"""Spans as they arrive at a collector, and what a collector that is away costs."""

import logging
import socket
from collections.abc import Sequence

import pytest
import structlog
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from structlog.testing import capture_logs

from schemas.trace import child, root
from tests.observability.collector import Collector, collecting
from workers.observability.tracing.choice import tracer_for
from workers.observability.tracing.otlp import OtlpTracer
from workers.observability.tracing.sampling import Sampling
from workers.observability.tracing.tracer import MAX_LINKS, NO_TRACER, Kind, Span

CAUSE = root("/sources/desk#ticket/1")
OWN = child(CAUSE, "effect")


def span(traceparent: str = OWN, **more: object) -> Span:
    """A span of two and a half seconds."""
    given = {"name": "feedback process", "kind": Kind.CONSUMER, "started": 100.0, "ended": 102.5}
    return Span(**(given | {"traceparent": traceparent} | more))  # type: ignore[arg-type]


def exported(*spans: Span, **environ: str) -> Collector:
    """What a collector has after these spans."""
    with collecting() as collector:
        tracer = tracer_for(
            "feedback", {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint, **environ}
        )
        assert tracer is not NO_TRACER
        for one in spans:
            tracer.record(one)
        tracer.close()
    return collector


def test_a_span_arrives_as_it_was_told() -> None:
    """Ids, parent, kind, times, attributes and links are those of the value."""
    links = [root(f"event {number}") for number in range(3)]
    told = span(parent=CAUSE, links=links, attributes={"productops.dead": 2, "who": "me"})
    collector = exported(told)
    (taken,) = collector.spans
    assert collector.paths == ["/v1/traces"]
    assert (taken.service, taken.name) == ("productops-feedback", "feedback process")
    assert f"00-{taken.trace_id}-{taken.span_id}-01" == OWN
    assert f"00-{taken.trace_id}-{taken.parent_id}-01" == CAUSE
    assert taken.links == tuple(link.split("-")[1] for link in links)
    assert taken.attributes == {"productops.dead": 2, "who": "me"}
    assert (taken.kind, taken.seconds, taken.failed) == (5, 2.5, "")  # 5: consumer


def test_a_failure_is_marked_with_its_word() -> None:
    """What went wrong has the status error."""
    (taken,) = exported(span(kind=Kind.CLIENT, failed="retry")).spans
    assert (taken.kind, taken.failed) == (3, "retry")


def test_a_span_has_a_bounded_number_of_links() -> None:
    """A chunk of thousands names the first traces only; what is no trace is left out."""
    many = ["no trace context", *(root(str(number)) for number in range(100))]
    (taken,) = exported(span(links=many)).spans
    assert len(taken.links) == MAX_LINKS - 1


def test_a_trace_that_its_sender_did_not_sample_is_not_exported() -> None:
    """Its flag is heeded; so is a share of none, whatever the flags."""
    unsampled = f"{OWN[:-2]}00"
    names = [taken.name for taken in exported(span(unsampled, name="no"), span(name="yes")).spans]
    assert names == ["yes"]
    assert exported(span(), OTEL_TRACES_SAMPLER="always_off").spans == []


def test_a_collector_that_is_away_neither_blocks_nor_fills_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """More spans than the queue holds, nobody who listens: one line, and the end is not held up."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        tracer = tracer_for("feedback", {"OTEL_EXPORTER_OTLP_ENDPOINT": closed})
        structlog.reset_defaults()
        with caplog.at_level(logging.INFO), capture_logs() as lines:
            for _ in range(12_000):
                tracer.record(span())
            tracer.close()
    assert [line["event"] for line in lines] in ([], ["spans_not_exported"])
    assert [record.name for record in caplog.records if "opentelemetry" in record.name] == []


class Scripted(SpanExporter):
    """An exporter that fails as it is told."""

    def __init__(self, *results: SpanExportResult) -> None:
        self.results = list(results)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """The next result."""
        assert spans
        return self.results.pop(0)


def test_a_failing_export_is_told_once_and_its_recovery_once() -> None:
    """However often it fails in between."""
    bad, good = SpanExportResult.FAILURE, SpanExportResult.SUCCESS
    exporter = Scripted(bad, bad, bad, good, good, bad)
    tracer = OtlpTracer(exporter, Resource({}), Sampling())
    structlog.reset_defaults()
    with capture_logs() as lines:
        while exporter.results:
            tracer.record(span())
            tracer._processor.force_flush()
        tracer.close()
    told = [(line["event"], line["log_level"]) for line in lines]
    assert told == [
        ("spans_not_exported", "warning"),
        ("spans_exported_again", "info"),
        ("spans_not_exported", "warning"),
    ]
