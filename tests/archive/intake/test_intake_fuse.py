"""The archive's fuse: a topic that it cannot read stays in Kafka instead of being set aside."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from schemas.topics import CLASSIFIED, RECEIVED
from tests.archive.log import Log, LogSource
from tests.archive.story import Story
from workers.archive.intake.fuses import PartitionsHaltedError
from workers.archive.intake.intake import Intake, IntakeSettings
from workers.archive.intake.progress import Progress
from workers.archive.ledger import Advance, Extent, Spot
from workers.archive.rebuild import rebuild
from workers.archive.tables import items, offsets, unreadable
from workers.archive.writer import Batch, Step, Writer
from workers.observability.metrics import Metrics
from workers.processor import Record
from workers.streaming.engine.halts.fuse import NO_FUSE, FuseLimits

Rows = Callable[..., list[dict[str, Any]]]
QUICK = IntakeSettings(batch=250, wait=0.01, check=0.01, after_fence=0.0, first_retry=0.001)
DYING, SOUND = Spot(RECEIVED.name, 0), Spot(RECEIVED.name, 1)
BAD = b"rubbish"
HALTED = "productops_stage_halted"


@pytest.fixture
def said() -> Iterator[list[Any]]:
    """What is logged, as event dictionaries."""
    structlog.reset_defaults()
    with capture_logs() as lines:
        yield lines


def _halts(said: Sequence[Any]) -> list[Any]:
    return [line for line in said if line["event"] == "task_halted"]


def _intake(engine: Engine, source: LogSource, **options: Any) -> Intake:
    probe = options.pop("probe", lambda _step: None)
    return Intake(
        source,
        Writer(engine, probe=probe),
        owner="one",
        cluster_id="c",
        settings=QUICK,
        **({"progress": Progress(None)} | options),
    )


@asynccontextmanager
async def _running(intake: Intake) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(intake.run(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, 20)


async def _until(condition: Callable[[], bool], what: str) -> None:
    try:
        async with asyncio.timeout(20):
            while not condition():  # noqa: ASYNC110 - what is waited for has no event
                await asyncio.sleep(0.005)
    except TimeoutError:
        pytest.fail(f"not within 20 s: {what}")


def _bad(story: Story, count: int) -> list[Record]:
    return [story.record(RECEIVED.name, BAD) for _ in range(count)]


def _mostly_bad(story: Story) -> list[Record]:
    """More than half of a thousand, and never a hundred in a row."""
    return [
        story.received(str(number)) if number % 3 == 0 else story.record(RECEIVED.name, BAD)
        for number in range(1_050)
    ]


def _written(rows: Rows, engine: Engine, spot: Spot) -> int:
    found = {(row["topic"], row["partition"]): row["next_offset"] for row in rows(engine, offsets)}
    return int(found.get(spot, -1))


async def test_a_partition_that_cannot_be_read_stands_still_and_the_others_go_on(
    engine: Engine, story: Story, rows: Rows, said: list[Any]
) -> None:
    """Nothing of it is set aside; log, metric and readiness say so as for a stream role's task."""
    log = Log([DYING, SOUND])
    log.append(story.received("1"), *_bad(story, 100))
    log.append(story.received("2", partition=1))
    metrics = Metrics()
    source = LogSource(log)
    intake = _intake(engine, source, progress=Progress(metrics))

    def halted(partition: int) -> float | None:
        labels = {"stage": "archive", "partition": str(partition)}
        return metrics.registry.get_sample_value(HALTED, labels)

    async with _running(intake):
        await _until(lambda: _written(rows, engine, SOUND) == 1, "the sound one is read")
        log.append(*(story.received(f"{n}", partition=1) for n in range(3, 9)))
        log.append(*_bad(story, 7))
        await _until(lambda: _written(rows, engine, SOUND) == 7, "and goes on")
        await _until(lambda: intake.behind == 108, "what waits is told")
        assert not intake.ready
        assert (halted(0), halted(1)) == (1, 0)
    assert _written(rows, engine, DYING) == 0
    assert rows(engine, unreadable) == []
    assert len(rows(engine, items)) == 7
    (line,) = _halts(said)
    assert (line["log_level"], line["role"], line["task"]) == ("error", "archive", 0)
    assert (line["topic"], line["partition"], line["offset"]) == (*DYING, 0)
    assert line["reason"] == (
        f"{RECEIVED.name} partition 0 stands at offset 0, nothing of what follows is taken in: "
        "100 records in a row cannot be read or handled, offset 1 for one: not an event of this "
        "topic: record: json_invalid"
    )
    for words in ("then restart the role", "PRODUCTOPS_FUSE=false", "productops archive rebuild"):
        assert words in line["remedy"]


@pytest.mark.parametrize(
    ("blows", "records"),
    [
        (False, lambda story: [*_bad(story, 99), story.received("1")]),
        (True, _mostly_bad),
    ],
    ids=["one fewer than a run", "too large a share"],
)
async def test_the_limits_are_those_of_the_stream_roles(
    engine: Engine,
    story: Story,
    rows: Rows,
    *,
    blows: bool,
    records: Callable[[Story], list[Record]],
) -> None:
    """A hundred in a row, or more than half of a thousand, over as many batches as it takes."""
    log = Log([DYING])
    log.append(*records(story))
    end = log.extent(DYING).end
    intake = _intake(engine, LogSource(log))
    async with _running(intake):
        await _until(
            lambda: _written(rows, engine, DYING) in {end, 750}, "all but the last is read"
        )
        if blows:
            await _until(lambda: not intake.ready, "the fuse blows")
        else:
            await _until(lambda: intake.ready, "all is read")
    assert _written(rows, engine, DYING) == (750 if blows else end)


async def test_without_the_fuse_all_are_set_aside(
    engine: Engine, story: Story, rows: Rows, said: list[Any]
) -> None:
    """A person has decided so."""
    log = Log([DYING])
    log.append(*_bad(story, 300), story.received("1"))
    intake = _intake(engine, LogSource(log), fuse=NO_FUSE)
    async with _running(intake):
        await _until(lambda: _written(rows, engine, DYING) == 301, "all is taken in")
        assert intake.ready
    assert len(rows(engine, unreadable)) == 300
    assert _halts(said) == []


async def test_what_the_database_refuses_counts_too(
    engine: Engine, story: Story, rows: Rows, said: list[Any]
) -> None:
    """A projection that makes values which no column takes is a bad deploy as well."""
    spot = Spot(CLASSIFIED.name, 0)
    log = Log([spot])
    log.append(*(story.classified(f"{number}", 1 << 70) for number in range(100)))
    async with _running(_intake(engine, LogSource(log))):
        await _until(lambda: bool(_halts(said)), "the fuse blows")
    assert _written(rows, engine, spot) == 0
    assert rows(engine, unreadable) == []
    assert "the database refuses its values" in _halts(said)[0]["reason"]


async def test_a_halt_outlasts_a_failure_and_is_said_once(
    engine: Engine, story: Story, rows: Rows, said: list[Any]
) -> None:
    """What makes the archive take its partitions over again is no reason to try once more."""
    log = Log([DYING, SOUND])
    log.append(*_bad(story, 100))
    failing = False

    def fail(step: Step) -> None:
        nonlocal failing
        if failing and step is Step.ROWS:
            failing = False
            raise OperationalError("UPDATE", {}, Exception("gone"))

    intake = _intake(engine, LogSource(log), probe=fail)
    async with _running(intake):
        await _until(lambda: bool(_halts(said)), "the fuse blows")
        failing = True
        log.append(story.received("1", partition=1))
        await _until(lambda: _written(rows, engine, SOUND) == 1, "the other goes on")
        assert not failing
        assert not intake.ready
    assert len(_halts(said)) == 1
    assert _written(rows, engine, DYING) == 0


async def test_who_gets_the_partition_anew_tries_it_once_more(
    engine: Engine, story: Story, rows: Rows, said: list[Any]
) -> None:
    """A rebalance is a new try, as it is for a stream role's task."""
    log = Log([DYING, SOUND])
    log.append(*_bad(story, 100))
    source = LogSource(log)
    intake = _intake(engine, source)
    async with _running(intake):
        await _until(lambda: len(_halts(said)) == 1, "the fuse blows")
        source.give([SOUND])
        await _until(lambda: intake.ready, "somebody else has it")
        source.give([DYING, SOUND])
        await _until(lambda: len(_halts(said)) == 2, "it blows again")
    assert _written(rows, engine, DYING) == 0


async def test_a_rebuild_by_hand_sets_a_halted_partition_going(
    engine: Engine, story: Story, rows: Rows, said: list[Any]
) -> None:
    """Whoever has taken the records in another way has moved the offset, and nobody restarts."""
    log = Log([DYING])
    log.append(*_bad(story, 100))
    intake = _intake(engine, LogSource(log))
    async with _running(intake):
        await _until(lambda: bool(_halts(said)), "the fuse blows")
        writer = Writer(engine)
        claim = writer.take_over({DYING: Extent(0, 100)}, owner="rebuild").claims[DYING]
        writer.write(Batch((), [Advance(DYING, claim.fence, 0, 100, 100, wrote=False)]))
        log.append(story.received("1"))
        await _until(lambda: len(rows(engine, items)) == 1, "it goes on behind them")
        await _until(lambda: intake.ready, "and is ready")


async def test_a_rebuild_that_cannot_read_the_topics_exchanges_nothing(
    archive_url: str, engine: Engine, story: Story, rows: Rows
) -> None:
    """The model in use stays as it is; without the fuse the records are set aside."""
    log = Log([DYING])
    log.append(story.received("1"), *_bad(story, 100))
    limits = IntakeSettings(wait=0.01)
    async with _running(_intake(engine, LogSource(log), fuse=NO_FUSE)):
        await _until(lambda: _written(rows, engine, DYING) == 101, "a model is there")

    async def again(fuse: FuseLimits) -> None:
        source = LogSource(log)
        await rebuild(archive_url, source, owner="me", cluster_id="c", settings=limits, fuse=fuse)

    with pytest.raises(PartitionsHaltedError, match=f"{RECEIVED.name} partition 0: 100 records"):
        await again(FuseLimits())
    assert (len(rows(engine, items)), len(rows(engine, unreadable))) == (1, 100)
    await again(NO_FUSE)
    assert (len(rows(engine, items)), len(rows(engine, unreadable))) == (1, 100)
