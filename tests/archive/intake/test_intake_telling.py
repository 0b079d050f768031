"""What the archive tells of its taking in: how long records wait, and spans."""

from datetime import UTC, datetime

from schemas.topics import CLASSIFIED, RECEIVED
from schemas.trace import root
from tests.observability.kept_spans import KeptSpans
from workers.archive.intake.progress import Progress
from workers.archive.ledger import Spot
from workers.archive.writer import Written
from workers.observability.metrics import Metrics
from workers.observability.waiting import Waiting
from workers.processor import Record

SPOT, OTHER = Spot(RECEIVED.name, 0), Spot(CLASSIFIED.name, 0)


def test_nothing_waiting_is_no_lag() -> None:
    """However long ago the last record was written."""
    waiting = Waiting[Spot]()
    waiting.passed(SPOT, 100.0)
    assert waiting.seconds({SPOT: 0}, 5_000.0) == {SPOT: 0.0}


def test_what_waits_is_younger_than_the_last_record_taken_in() -> None:
    """In a backlog the age of the last record taken in is that of those that follow it."""
    waiting = Waiting[Spot]()
    waiting.passed(SPOT, 100.0)
    assert waiting.seconds({SPOT: 9}, 160.0) == {SPOT: 60.0}
    waiting.passed(SPOT, 150.0)
    assert waiting.seconds({SPOT: 4}, 160.0) == {SPOT: 10.0}


def test_what_waits_is_younger_than_the_moment_at_which_nothing_waited() -> None:
    """A record after an hour of silence has not been waiting for an hour."""
    waiting = Waiting[Spot]()
    waiting.passed(SPOT, 100.0)
    assert waiting.seconds({SPOT: 0}, 3_700.0) == {SPOT: 0.0}
    assert waiting.seconds({SPOT: 1}, 3_705.0) == {SPOT: 5.0}


def test_of_a_partition_just_taken_over_only_our_own_waiting_is_known() -> None:
    """So that one which never gets anywhere shows; its first record tells how old they are."""
    waiting = Waiting[Spot]()
    assert waiting.seconds({SPOT: 1_000}, 5_000.0) == {SPOT: 0.0}
    assert waiting.seconds({SPOT: 1_000}, 5_030.0) == {SPOT: 30.0}
    waiting.passed(SPOT, 100.0)
    assert waiting.seconds({SPOT: 999}, 5_040.0) == {SPOT: 4_940.0}
    waiting.forget()
    assert waiting.seconds({SPOT: 999}, 5_050.0) == {SPOT: 0.0}


def lag(metrics: Metrics, what: str, partition: int = 0) -> float | None:
    """The archive's series."""
    labels = {"stage": "archive", "partition": str(partition)}
    return metrics.registry.get_sample_value(f"productops_stage_lag_{what}", labels)


def test_a_partition_number_stands_for_all_topics() -> None:
    """Events add up, the oldest of them counts; series go with the partitions."""
    metrics = Metrics()
    progress = Progress(metrics)
    progress.lag({SPOT: 3, OTHER: 4}, {SPOT: 2.5, OTHER: 7.5})
    assert (lag(metrics, "events"), lag(metrics, "seconds")) == (7, 7.5)
    progress.lag({Spot(RECEIVED.name, 1): 0}, {Spot(RECEIVED.name, 1): 0.0})
    assert (lag(metrics, "events"), lag(metrics, "seconds")) == (None, None)
    assert (lag(metrics, "events", 1), lag(metrics, "seconds", 1)) == (0, 0)


def test_a_batch_is_a_span_with_links_to_its_records() -> None:
    """One a transaction of the database, as long as it took."""
    trace = root("ticket")
    value = b'{"specversion":"1.0","traceparent":"%s"}' % trace.encode()
    record = Record(RECEIVED.name, 0, 7, b"key", value, 0)
    spans = KeptSpans()
    now = datetime(2026, 3, 1, tzinfo=UTC)
    Progress(None, spans).committed(
        (), Written(readable=1, unreadable=0), records=[record], seconds=2.0, now=now
    )
    (span,) = spans.told
    assert (span.name, list(span.links)) == ("archive process", [trace])
    assert (span.started, span.ended) == (now.timestamp() - 2.0, now.timestamp())
    assert span.attributes["messaging.batch.message_count"] == 1
