"""The loop from records to rows: what it survives, what it says, where it goes on."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
import structlog
from aiokafka.errors import KafkaConnectionError, TopicAuthorizationFailedError
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from schemas.topics import CLASSIFIED, RECEIVED, ROUTED
from tests.archive.log import Log, LogSource
from tests.archive.story import START, Story
from workers.archive.intake.intake import Intake, IntakeFailedError, IntakeSettings
from workers.archive.intake.progress import Progress
from workers.archive.ledger import Spot
from workers.archive.tables import gaps, items, offsets, unreadable
from workers.archive.writer import Step, Writer
from workers.observability.metrics import Metrics
from workers.streaming.consumers.static_member import ReplicaTakenError

Rows = Callable[..., list[dict[str, Any]]]
RECEIVED_0, CLASSIFIED_0 = Spot(RECEIVED.name, 0), Spot(CLASSIFIED.name, 0)
QUICK = IntakeSettings(batch=4, wait=0.01, check=3_600, after_fence=0.0, first_retry=0.001)


@pytest.fixture
def said() -> Iterator[list[Any]]:
    """What is logged, as event dictionaries."""
    structlog.reset_defaults()
    with capture_logs() as lines:
        yield lines


def _intake(
    engine: Engine,
    source: LogSource,
    *,
    owner: str = "one",
    metrics: Metrics | None = None,
    probe: Callable[[Step], None] = lambda _step: None,
    settings: IntakeSettings = QUICK,
) -> Intake:
    return Intake(
        source,
        Writer(engine, probe=probe),
        owner=owner,
        cluster_id="c",
        progress=Progress(metrics),
        settings=settings,
    )


async def _until_read(intake: Intake, log: Log, spots: Sequence[Spot] | None = None) -> None:
    ends = {spot: log.extent(spot).end for spot in (spots or log.records)}
    await asyncio.wait_for(intake.run(asyncio.Event(), until=ends), timeout=60)


def _feedback(story: Story, count: int) -> Log:
    log = Log()
    for number in range(count):
        at = START + timedelta(minutes=number)
        partition = number % 2
        log.append(
            story.received(f"{number}", at=at, partition=partition, text=f"words {number}"),
            story.classified(f"{number}", 1, at=at, partition=partition),
            story.routed(f"{number}", 1, at=at, partition=partition),
        )
    return log


async def test_everything_in_the_topics_comes_to_the_page(
    engine: Engine, story: Story, rows: Rows
) -> None:
    """All partitions are read to their end, and their offsets stand beside the rows."""
    log = _feedback(story, 10)
    await _until_read(_intake(engine, LogSource(log)), log)
    found = rows(engine, items)
    assert {item["item_id"] for item in found} == {f"support:ticket:{n}" for n in range(10)}
    assert {item["status"] for item in found} == {"routed"}
    assert {
        (row["topic"], row["partition"]): row["next_offset"] for row in rows(engine, offsets)
    } == {
        (topic.name, partition): 5
        for topic in (RECEIVED, CLASSIFIED, ROUTED)
        for partition in (0, 1)
    }


@pytest.mark.parametrize("step", list(Step))
async def test_a_process_that_dies_anywhere_is_continued_by_the_next(
    engine: Engine, story: Story, rows: Rows, step: Step
) -> None:
    """Killed at any step of its second batch, the next process ends with the same rows."""
    log = _feedback(story, 10)
    reached: list[Step] = []

    def die(at: Step) -> None:
        reached.append(at)
        if at is step and reached.count(at) == 2:
            raise SystemError("killed")

    with pytest.raises(SystemError):
        await _until_read(_intake(engine, LogSource(log), probe=die), log)
    assert 0 < len(rows(engine, items)) < 10
    await _until_read(_intake(engine, LogSource(log), owner="two"), log)
    assert [item["text"] for item in rows(engine, items)] == [f"words {n}" for n in range(10)]
    assert {row["next_offset"] for row in rows(engine, offsets)} == {5}


async def test_the_end_of_a_transaction_leaves_no_lag(
    engine: Engine, story: Story, rows: Rows
) -> None:
    """Markers behind the last record are stepped over, so that lag reads 0 when idle."""
    log = _feedback(story, 2)
    for spot in log.records:
        log.markers[spot] = 1
    metrics = Metrics()
    await _until_read(_intake(engine, LogSource(log), metrics=metrics), log)
    assert {row["end_offset"] - row["next_offset"] for row in rows(engine, offsets)} == {0}
    assert {row["next_offset"] for row in rows(engine, offsets)} == {2}


async def test_a_fenced_process_takes_over_again_what_it_is_still_given(
    engine: Engine, story: Story, rows: Rows, said: list[Any]
) -> None:
    """A second owner of the same partitions makes the first one fail, not write; no row is lost."""
    log = _feedback(story, 6)
    source = LogSource(log)
    stolen = False

    def steal() -> None:
        nonlocal stolen
        if not stolen:
            stolen = True
            extents = {spot: log.extent(spot) for spot in log.records}
            Writer(engine).take_over(extents, owner="thief")

    source.fetched = steal
    metrics = Metrics()
    await _until_read(_intake(engine, source, metrics=metrics), log)
    assert len(rows(engine, items)) == 6
    assert {row["owner"] for row in rows(engine, offsets)} == {"one"}
    assert {row["fence"] for row in rows(engine, offsets)} == {3}
    assert [line["event"] for line in said].count("archive.fenced") == 1
    fenced = metrics.counter("productops_stage_transactions_total", "archive", "fenced")
    assert fenced._value.get() == 1


async def test_records_fetched_before_a_rebalance_are_not_written_after_it(
    engine: Engine, story: Story, rows: Rows
) -> None:
    """Records of a partition that was taken away between fetch and write are left to its owner."""
    log = _feedback(story, 4)
    source = LogSource(log, [RECEIVED_0, CLASSIFIED_0])

    def take_away() -> None:
        if source.assigned() != (CLASSIFIED_0,):
            source.give([CLASSIFIED_0])

    source.fetched = take_away
    await _until_read(_intake(engine, source), log, [CLASSIFIED_0])
    assert {item["status"] for item in rows(engine, items)} == {"classified"}
    at = {row["topic"]: row["next_offset"] for row in rows(engine, offsets)}
    assert at == {RECEIVED.name: 0, CLASSIFIED.name: 2}


async def test_nothing_is_read_while_partitions_are_shared_out(
    engine: Engine, story: Story, rows: Rows
) -> None:
    """Between losing a share and getting one nobody is owner and nothing is written."""
    log = _feedback(story, 2)
    source = LogSource(log)
    source.sharing = True
    source.generation = 7
    intake = _intake(engine, source)
    running = asyncio.create_task(_until_read(intake, log))
    for _ in range(5):
        await asyncio.sleep(0.003)
    assert rows(engine, offsets) == []
    assert not intake.ready
    source.sharing = False
    await running
    assert len(rows(engine, items)) == 2


async def test_a_group_that_gives_no_share_is_heard(
    engine: Engine, story: Story, rows: Rows, said: list[Any]
) -> None:
    """What it refuses while partitions are shared out is told, for nothing is fetched then."""
    log = _feedback(story, 2)
    source = LogSource(log)
    source.sharing = True
    source.generation = 7
    source.refuses = [TopicAuthorizationFailedError("x")]
    intake = _intake(engine, source)
    running = asyncio.create_task(_until_read(intake, log))
    while not said:  # noqa: ASYNC110 - what is waited for is a log line
        await asyncio.sleep(0.003)
    source.sharing = False
    await running
    assert "refused a right on a topic" in said[0]["reason"]
    assert len(rows(engine, items)) == 2


@pytest.mark.parametrize("sharing", [False, True])
async def test_whose_name_another_has_taken_ends(
    engine: Engine, story: Story, *, sharing: bool
) -> None:
    """To try again would take the name back, and so on for ever."""
    log = _feedback(story, 1)
    source = LogSource(log)
    taken = ReplicaTakenError("another process has our name: end one of the two")
    source.sharing = sharing
    source.generation = 7 if sharing else 1
    source.refuses = source.fails = [taken]
    with pytest.raises(IntakeFailedError, match="another process has our name"):
        await _until_read(_intake(engine, source), log)


async def test_retention_that_overtakes_the_archive_is_said_loudly(
    engine: Engine, story: Story, rows: Rows, said: list[Any]
) -> None:
    """Records that expire unread are an error in the log and a kept gap; what is left is read."""
    log = _feedback(story, 8)
    source = LogSource(log, [RECEIVED_0])
    calls = 0

    def expire_under_way() -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            log.expire(RECEIVED_0, 3)

    source.fetched = expire_under_way
    settings = IntakeSettings(batch=1, wait=0.01, first_retry=0.001)
    await _until_read(_intake(engine, source, settings=settings), log, [RECEIVED_0])
    assert "archive.position_lost" in [line["event"] for line in said]
    (line,) = [line for line in said if line["event"] == "archive.gap"]
    assert (line["log_level"], line["first_offset"], line["next_offset"]) == ("error", 1, 3)
    assert [(gap["first_offset"], gap["next_offset"]) for gap in rows(engine, gaps)] == [(1, 3)]
    found = [item["item_id"] for item in rows(engine, items)]
    assert found == ["support:ticket:0", "support:ticket:6"]


async def test_an_unreadable_record_does_not_stop_its_partition(
    engine: Engine, story: Story, rows: Rows
) -> None:
    """Rubbish is set aside and counted, and what follows it is projected."""
    log = Log()
    log.append(story.received("1"), story.record(RECEIVED.name, b"rubbish"), story.received("2"))
    metrics = Metrics()
    await _until_read(_intake(engine, LogSource(log), metrics=metrics), log)
    assert len(rows(engine, items)) == 2
    assert [row["record_offset"] for row in rows(engine, unreadable)] == [1]
    value = metrics.registry.get_sample_value
    stage = {"stage": "archive"}
    assert value("productops_stage_events_in_total", stage) == 3
    assert value("productops_stage_events_out_total", stage) == 2
    failed = {"stage": "archive", "error_class": "decode"}
    assert value("productops_stage_events_failed_total", failed) == 1
    assert value("productops_stage_last_event_timestamp_seconds", stage) == START.timestamp()
    assert value("productops_stage_event_age_seconds_count", stage) == 2
    assert value("productops_stage_lag_events", {"stage": "archive", "partition": "0"}) == 0


async def test_kafka_that_comes_back_is_waited_for(
    engine: Engine, story: Story, rows: Rows, said: list[Any]
) -> None:
    """Errors of Kafka make the archive unready and try again; nothing is lost or skipped."""
    log = _feedback(story, 3)
    source = LogSource(log)
    source.fails = [KafkaConnectionError(), TopicAuthorizationFailedError("x")]
    await _until_read(_intake(engine, source), log)
    assert len(rows(engine, items)) == 3
    away, refused = (line for line in said if line["event"] == "archive.kafka_unavailable")
    assert away["reason"] == "KafkaConnectionError"
    assert "Kafka refused a right on a topic" in refused["reason"]
    assert "`productops topics acls`" in refused["reason"]


async def test_a_database_that_comes_back_is_waited_for(
    engine: Engine, story: Story, rows: Rows, said: list[Any]
) -> None:
    """A database that fails in the middle makes the archive unready; then it loses nothing."""
    log = _feedback(story, 3)
    failures, readiness, listening = 2, [], []

    def fail(step: Step) -> None:
        nonlocal failures
        readiness.append(intake.ready)
        listening.append(intake.listens)
        if step is Step.ROWS and failures:
            failures -= 1
            raise OperationalError("UPDATE", {}, Exception("gone"))

    metrics = Metrics()
    intake = _intake(engine, LogSource(log), probe=fail, metrics=metrics)
    await _until_read(intake, log)
    assert len(rows(engine, items)) == 3
    assert [line["event"] for line in said].count("archive.database_unavailable") == 2
    aborted = metrics.counter("productops_stage_transactions_total", "archive", "aborted")
    assert aborted._value.get() == 2
    assert readiness[0]
    assert set(listening) == {False}, "Kafka owes no answer while the database has its turn"
    assert intake.listens


async def test_kafka_that_stays_away_ends_the_process(engine: Engine, story: Story) -> None:
    """After a bounded time the loop gives up, so that a supervisor starts it afresh."""
    log = _feedback(story, 1)
    source = LogSource(log)
    source.fails = [KafkaConnectionError()] * 3
    settings = IntakeSettings(wait=0.01, first_retry=0.001, give_up=0.0)
    with pytest.raises(IntakeFailedError, match="KafkaConnectionError"):
        await _until_read(_intake(engine, source, settings=settings), log)


async def test_what_was_refused_to_the_last_is_said_by_the_end(
    engine: Engine, story: Story
) -> None:
    """The error that ends the process names the right and the remedy."""
    log = _feedback(story, 1)
    source = LogSource(log)
    source.fails = [TopicAuthorizationFailedError("x")]
    settings = IntakeSettings(wait=0.01, first_retry=0.001, give_up=0.0)
    with pytest.raises(IntakeFailedError, match=r"refused a right on a topic .*topics acls"):
        await _until_read(_intake(engine, source, settings=settings), log)


async def test_stopping_waits_for_the_batch_in_flight(
    engine: Engine, story: Story, rows: Rows
) -> None:
    """Told to stop in the middle of a transaction, the archive ends it and then ends itself."""
    log = _feedback(story, 6)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop_within(step: Step) -> None:
        if step is Step.ROWS:
            loop.call_soon_threadsafe(stop.set)

    intake = _intake(engine, LogSource(log), probe=stop_within)
    await asyncio.wait_for(intake.run(stop), timeout=60)
    assert not intake.ready
    assert len(rows(engine, items)) > 0
    written = sum(row["next_offset"] for row in rows(engine, offsets))
    assert written > 0


async def test_two_processes_share_the_partitions(engine: Engine, story: Story, rows: Rows) -> None:
    """Each writes its own partitions, also when both have something to say about one item."""
    log = _feedback(story, 12)
    spots = sorted(log.records)
    ours, theirs = spots[::2], spots[1::2]
    await asyncio.gather(
        _until_read(_intake(engine, LogSource(log, ours)), log, ours),
        _until_read(_intake(engine, LogSource(log, theirs), owner="two"), log, theirs),
    )
    found = rows(engine, items)
    assert len(found) == 12
    assert {item["status"] for item in found} == {"routed"}
    assert {item["text"] for item in found} == {f"words {n}" for n in range(12)}
