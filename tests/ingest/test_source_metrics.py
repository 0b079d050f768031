from datetime import UTC, datetime, timedelta

from connectors.base.contract import DeadRecord, Page
from schemas.envelope import Event
from schemas.platform import ClockTicked
from schemas.topics import CLOCK_TICKED, RECEIVED
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
