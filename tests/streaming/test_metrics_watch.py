"""What the engine tells, as a scrape shows it."""

from collections.abc import Mapping
from typing import Any

from prometheus_client import generate_latest

from schemas.platform import ErrorClass
from workers.observability.metrics import Metrics
from workers.streaming.engine.watch import ChunkDone
from workers.streaming.metrics_watch import MetricsWatch


class Stage:
    """A stage's watch and its registry."""

    def __init__(self) -> None:
        self.metrics = Metrics()
        self.watch = MetricsWatch("feedback", self.metrics)

    def value(self, name: str, **labels: str) -> float | None:
        """The value of ``productops_stage_<name>``."""
        return self.metrics.registry.get_sample_value(
            f"productops_stage_{name}", {"stage": "feedback", **labels}
        )

    def chunk(self, **more: Any) -> None:
        """A chunk of five events in three seconds, one of them in its transaction."""
        told: Mapping[str, Any] = {
            "events": 5,
            "emitted": 7,
            "dead": {},
            "counts": {},
            "seconds": 3.0,
            "rows": 11,
            "newest": 0,
            "oldest": 0,
            "transaction_seconds": 1.0,
        }
        self.watch.committed(2, ChunkDone(**(told | more)))


def test_a_chunk_is_measured_in_size_and_in_time() -> None:
    """Events a chunk, its whole time, the part before the transaction, the transaction."""
    stage = Stage()
    stage.chunk()
    stage.chunk(events=0, emitted=0, dead={ErrorClass.DECODE: 2}, seconds=1.0)
    assert stage.value("chunk_events_count") == 2
    assert stage.value("chunk_events_sum") == 7
    assert stage.value("chunk_events_bucket", le="3.0") == 1
    assert stage.value("chunk_seconds_sum") == 4.0
    assert stage.value("process_seconds_sum") == 2.0
    assert stage.value("transaction_seconds_sum") == 2.0


def test_a_chunk_that_wrote_nothing_has_no_transaction() -> None:
    """Its offsets wait for the next one: neither a time nor a commit is counted for it."""
    stage = Stage()
    stage.chunk(emitted=0, transaction_seconds=0.0)
    assert stage.value("transaction_seconds_count") == 0
    assert stage.value("transactions_total", result="committed") == 0
    assert stage.value("process_seconds_sum") == 3.0
    stage.chunk()
    assert stage.value("transactions_total", result="committed") == 1


def test_lag_is_told_in_events_and_in_seconds() -> None:
    """How many wait, and how long the oldest has; none waiting is 0 seconds whatever was told."""
    stage = Stage()
    stage.watch.lag(2, 40, 12.5)
    assert stage.value("lag_events", partition="2") == 40
    assert stage.value("lag_seconds", partition="2") == 12.5
    stage.watch.lag(2, 0, 99.0)
    assert stage.value("lag_events", partition="2") == 0
    assert stage.value("lag_seconds", partition="2") == 0


def test_a_queue_shows_what_waits_here_and_whether_fetching_pauses() -> None:
    """Both are of a partition."""
    stage = Stage()
    stage.watch.queued(2, 10_500, paused=True)
    assert stage.value("queue_events", partition="2") == 10_500
    assert stage.value("paused", partition="2") == 1
    stage.watch.queued(2, 12, paused=False)
    assert stage.value("paused", partition="2") == 0


def test_series_of_a_partition_go_with_its_task() -> None:
    """After a task is closed no series tells of its partition; those of others stay."""
    stage = Stage()
    for partition in (2, 3):
        stage.watch.restored(partition, 100, 0.5, read=120)
        stage.watch.lag(partition, 40, 12.5)
        stage.watch.queued(partition, 12, paused=True)
        stage.watch.halted(partition)
    stage.chunk()
    scraped = generate_latest(stage.metrics.registry).decode()
    assert 'partition="2"' in scraped
    stage.watch.closed(2)
    scraped = generate_latest(stage.metrics.registry).decode()
    assert 'partition="2"' not in scraped
    assert scraped.count('partition="3"') == 8
