"""The spans of a chunk and of what it wrote."""

from collections.abc import Mapping, Sequence
from typing import Any

from schemas.platform import ErrorClass
from schemas.topics import REQUESTED
from schemas.trace import child, root
from tests.delivery.histories import record, request
from tests.observability.kept_spans import KeptSpans
from workers.observability.metrics import Metrics
from workers.observability.tracing.tracer import MAX_LINKS, Kind, Span
from workers.processor import Emission, Record
from workers.streaming.engine.watch import ChunkDone
from workers.streaming.traced_watch import TracedWatch

CAUSE = root("/sources/desk#ticket/1")
CHUNK = "00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb-01"
Fields = Mapping[str, Any]


def committed(
    records: Sequence[Record] = (), written: Sequence[Emission] = (), **more: Any
) -> list[Span]:
    """The spans after one chunk of two seconds, which ended at 1,000 s."""
    spans = KeptSpans()
    watch = TracedWatch("feedback", Metrics(), spans, clock=lambda: 1_000.0, new=lambda: CHUNK)
    told: Fields = {"events": len(records), "emitted": len(written), "seconds": 2.0}
    watch.committed(3, ChunkDone(**(told | more), records=records, written=written))
    return spans.told


def test_a_chunk_is_a_trace_of_its_own_with_links_to_its_inputs() -> None:
    """Its attributes say how many came, went and died; inputs without a trace have no link."""
    traces = [root(str(number)) for number in range(2)]
    inputs = [record(request("m", traceparent=trace)) for trace in (*traces, None)]
    (chunk,) = committed(inputs, events=2, dead={ErrorClass.DECODE: 1})
    assert (chunk.name, chunk.kind) == ("feedback process", Kind.CONSUMER)
    assert (chunk.traceparent, chunk.parent) == (CHUNK, None)
    assert (chunk.started, chunk.ended) == (998.0, 1_000.0)
    assert list(chunk.links) == traces
    assert chunk.attributes == {
        "messaging.system": "kafka",
        "messaging.operation.type": "process",
        "messaging.batch.message_count": 3,
        "messaging.consumer.group.name": "productops-feedback",
        "messaging.destination.partition.id": "3",
        "productops.emitted": 0,
        "productops.dead": 1,
    }


def test_a_chunk_links_a_bounded_number_of_traces() -> None:
    """The first ones; looking for more would cost as much as the chunk."""
    inputs = [record(request("m", traceparent=root(str(number)))) for number in range(100)]
    (chunk,) = committed(inputs)
    assert list(chunk.links) == [root(str(number)) for number in range(MAX_LINKS)]


def test_what_a_chunk_writes_is_a_span_in_the_trace_of_its_cause() -> None:
    """The span's id is the one that the event carries on, its parent is what caused it."""
    event = request("m", traceparent=child(CAUSE, "m")).event
    _, sent = committed(written=[Emission.of(REQUESTED, event, cause=CAUSE)])
    assert (sent.name, sent.kind) == (f"feedback send {REQUESTED.name}", Kind.PRODUCER)
    assert (sent.traceparent, sent.parent) == (child(CAUSE, "m"), CAUSE)
    assert sent.attributes["cloudevents.event_id"] == "m/requested"


def test_no_words_of_a_customer_are_in_a_span() -> None:
    """Attributes are names, numbers and ids."""
    asked = request("m", traceparent=CAUSE, title="Charged twice", body="My card number is")
    spans = committed([record(asked)], [Emission.of(REQUESTED, asked.event, cause=CAUSE)])
    told = " ".join(str(span) for span in spans)
    assert "harged twice" not in told
    assert "card number" not in told


def test_idle_time_makes_no_span() -> None:
    """A chunk of clock ticks to no effect is not worth a trace, nor is an event without one."""
    assert committed() == []
    bare = Emission(REQUESTED.name, b"k", b"v")
    assert [span.name for span in committed(written=[bare])] == ["feedback process"]


def test_a_traced_stage_counts_as_any_other() -> None:
    """The metrics are those of a stage that is not traced."""
    metrics = Metrics()
    watch = TracedWatch("feedback", metrics, KeptSpans())
    watch.committed(0, ChunkDone(events=2, emitted=1, seconds=1.0))
    value = metrics.registry.get_sample_value
    assert value("productops_stage_events_in_total", {"stage": "feedback"}) == 2
