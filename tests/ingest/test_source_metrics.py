from datetime import UTC, datetime, timedelta

from connectors.base.contract import DeadRecord, Page
from schemas.envelope import Event
from schemas.platform import ClockTicked
from schemas.topics import CLOCK_TICKED, RECEIVED
from schemas.trace import root
from tests.ingest.scripts import page
from tests.observability.kept_spans import KeptSpans
from workers.config.sources import Source
from workers.ingest.traced import traced
from workers.ingest.watch import SourceWatch
from workers.observability.metrics import Metrics

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def event(age: timedelta) -> Event[ClockTicked]:
    """Any event, so old at ``NOW``."""
    return Event[ClockTicked](
        id=str(age),
        source="/sources/desk",
        type=CLOCK_TICKED.name,
        time=NOW - age,
        partitionkey="0",
        data=ClockTicked(partition=0),
    )


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    """What a scrape would show."""
    return metrics.registry.get_sample_value(name, labels)


def test_a_source_is_known_before_it_is_read() -> None:
    """Its first failure is a step from 0 to 1, and how late it is can be told from the start."""
    metrics = Metrics()
    SourceWatch(metrics).expect([Source(name="desk", connector="x", every=timedelta(minutes=5))])
    failed = {"source": "desk", "error_class": "transient"}
    assert value(metrics, "productops_source_errors_total", **failed) == 0
    assert value(metrics, "productops_source_interval_seconds", source="desk") == 300
    assert value(metrics, "productops_source_up", source="desk") is None


def test_a_page_counts_for_its_source_and_for_the_stage() -> None:
    """Events, dead records, ages and the newest event time are those of the page."""
    metrics = Metrics()
    dead = DeadRecord(RECEIVED.name, "ticket/1", "no time", b"{}")
    page = Page([event(timedelta(minutes=2)), event(timedelta(hours=1))], {}, [dead])
    SourceWatch(metrics).published("desk", page, NOW)
    stage = {"stage": "connectors"}
    assert value(metrics, "productops_source_records_total", source="desk") == 2
    assert value(metrics, "productops_source_dead_records_total", source="desk") == 1
    assert value(metrics, "productops_stage_events_in_total", **stage) == 3
    assert value(metrics, "productops_stage_events_out_total", **stage) == 3
    failed = {**stage, "error_class": "mapping"}
    assert value(metrics, "productops_stage_events_failed_total", **failed) == 1
    assert value(metrics, "productops_stage_event_age_seconds_count", **stage) == 2
    assert value(metrics, "productops_stage_event_age_seconds_sum", **stage) == 3_720
    newest = (NOW - timedelta(minutes=2)).timestamp()
    assert value(metrics, "productops_stage_last_event_timestamp_seconds", **stage) == newest


def test_an_event_of_the_future_does_not_date_the_stage() -> None:
    """A time that lies ahead counts as now, and an older page does not set the gauge back."""
    metrics = Metrics()
    watch = SourceWatch(metrics)
    watch.published("desk", Page([event(timedelta(hours=-5))], {}), NOW)
    watch.published("desk", Page([event(timedelta(days=2))], {}), NOW)
    name = "productops_stage_last_event_timestamp_seconds"
    assert value(metrics, name, stage="connectors") == NOW.timestamp()


def test_a_page_is_measured_like_a_chunk() -> None:
    """Its size, the time from asking for it to its commit, the part in the transaction."""
    metrics = Metrics()
    SourceWatch(metrics).published(
        "desk", page("desk", 1, 1, 2), NOW, seconds=3.0, transaction_seconds=0.5
    )
    stage = {"stage": "connectors"}
    assert value(metrics, "productops_stage_chunk_events_sum", **stage) == 2
    assert value(metrics, "productops_stage_chunk_seconds_sum", **stage) == 3.0
    assert value(metrics, "productops_stage_transaction_seconds_sum", **stage) == 0.5
    SourceWatch(metrics).published("desk", Page([], {}), NOW, seconds=9.0)
    assert value(metrics, "productops_stage_chunk_seconds_count", **stage) == 1


def test_a_page_is_a_span_and_each_of_its_events_the_beginning_of_a_trace() -> None:
    """But for an event that its sender gave a trace: that one began there, and is only linked."""
    given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    pulled = page("desk", 1, 1, 2)
    sent = pulled.events[1].model_copy(update={"traceparent": given})
    spans = KeptSpans()
    SourceWatch(Metrics(), spans).published(
        "desk",
        traced(Page([pulled.events[0], sent], {})),
        NOW,
        seconds=3.0,
        transaction_seconds=0.5,
    )
    pull, first = spans.told
    begun = root("/sources/desk#ticket/1/1")
    now = NOW.timestamp()
    assert (pull.name, pull.parent, pull.started, pull.ended) == (
        "connectors pull desk",
        None,
        now - 3.0,
        now,
    )
    assert list(pull.links) == [begun, given]
    assert (first.name, first.traceparent, first.parent) == (
        f"connectors send {RECEIVED.name}",
        begun,
        None,
    )
    assert (first.started, first.ended) == (now - 0.5, now)


def test_a_page_without_events_is_no_span() -> None:
    """A source that is asked every minute and has nothing new makes no traces."""
    spans = KeptSpans()
    SourceWatch(Metrics(), spans).published("desk", Page([], {}), NOW, seconds=3.0)
    assert spans.told == []
