"""Rows and offsets are both in the database, or neither is; only the owner writes."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine

from schemas.topics import CLASSIFIED, RECEIVED
from tests.archive.story import Story
from workers.archive.engine import open_engine
from workers.archive.ledger import Advance, Claim, Extent, FencedError, Spot
from workers.archive.projection import project
from workers.archive.tables import items, offsets, unreadable
from workers.archive.writer import Batch, DatabaseUnavailableError, Step, Writer

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SPOT = Spot(RECEIVED.name, 0)
OTHER = Spot(CLASSIFIED.name, 0)
Rows = Callable[..., list[dict[str, Any]]]


class KilledError(Exception):
    """Stands for the end of the process."""


def _writer(engine: Engine, killed_at: Step | None = None) -> Writer:
    def probe(step: Step) -> None:
        if step is killed_at:
            raise KilledError

    return Writer(engine, now=lambda: NOW, probe=probe)


def _claim(writer: Writer, owner: str = "one", spot: Spot = SPOT) -> Claim:
    return writer.take_over({spot: Extent(0, 9)}, owner=owner).claims[spot]


def _step(claim: Claim, to: int, spot: Spot = SPOT) -> Advance:
    return Advance(spot, claim.fence, claim.next_offset, to, 9, wrote=True)


@pytest.mark.parametrize("step", [Step.BEGUN, Step.OFFSETS, Step.ROWS])
def test_a_death_before_the_commit_leaves_neither_rows_nor_offset(
    engine: Engine, story: Story, rows: Rows, step: Step
) -> None:
    """Killed at any point of the transaction, the database is as it was before."""
    claim = _claim(_writer(engine))
    batch = Batch([project(story.received("1"))], [_step(claim, 1)])
    with pytest.raises(KilledError):
        _writer(engine, killed_at=step).write(batch)
    assert rows(engine, items) == []
    assert rows(engine, offsets)[0]["next_offset"] == 0


def test_a_death_after_the_commit_leaves_both(engine: Engine, story: Story, rows: Rows) -> None:
    """Killed right after the commit, rows and offset are both there."""
    claim = _claim(_writer(engine))
    batch = Batch([project(story.received("1"))], [_step(claim, 1)])
    with pytest.raises(KilledError):
        _writer(engine, killed_at=Step.COMMITTED).write(batch)
    assert len(rows(engine, items)) == 1
    (offset,) = rows(engine, offsets)
    assert (offset["next_offset"], offset["end_offset"]) == (1, 9)
    assert (offset["committed_at"], offset["checked_at"]) == (NOW, NOW)


def test_a_fenced_owner_writes_nothing(engine: Engine, story: Story, rows: Rows) -> None:
    """A process that was paused while another took over fails, with rows and offset untouched."""
    writer = _writer(engine)
    old = _claim(writer, "one")
    new = _claim(writer, "two")
    stale = Batch([project(story.received("1"))], [_step(old, 1)])
    with pytest.raises(FencedError, match=SPOT.topic):
        writer.write(stale)
    assert rows(engine, items) == []
    (offset,) = rows(engine, offsets)
    assert (offset["owner"], offset["next_offset"]) == ("two", 0)
    writer.write(Batch([project(story.received("2"))], [_step(new, 1)]))
    assert [item["item_id"] for item in rows(engine, items)] == ["support:ticket:2"]


def test_one_fenced_partition_fails_the_whole_batch(
    engine: Engine, story: Story, rows: Rows
) -> None:
    """A batch over two partitions of which one is lost is written for neither."""
    writer = _writer(engine)
    mine, lost = _claim(writer), _claim(writer, spot=OTHER)
    _claim(writer, "two", OTHER)
    batch = Batch(
        [project(story.received("1")), project(story.classified("1", 1))],
        [_step(mine, 1), _step(lost, 1, OTHER)],
    )
    with pytest.raises(FencedError) as caught:
        writer.write(batch)
    assert caught.value.spots == (OTHER,)
    assert rows(engine, items) == []
    assert [offset["next_offset"] for offset in rows(engine, offsets)] == [0, 0]


def test_the_same_step_is_not_taken_twice(engine: Engine, story: Story, rows: Rows) -> None:
    """A batch whose start is no longer where the partition stands is refused by its own fence."""
    writer = _writer(engine)
    claim = _claim(writer)
    batch = Batch([project(story.received("1"))], [_step(claim, 1)])
    writer.write(batch)
    with pytest.raises(FencedError):
        writer.write(batch)
    assert rows(engine, offsets)[0]["next_offset"] == 1


def test_a_record_the_database_refuses_is_set_aside_and_the_rest_is_written(
    engine: Engine, story: Story, rows: Rows
) -> None:
    """A number beyond the database's range stops neither the batch nor the archive."""
    claim = _claim(_writer(engine))
    good, bad, after = (
        story.received("1"),
        story.classified("2", 10**19),
        story.received("3", text="fine"),
    )
    written = _writer(engine).write(
        Batch([project(good), project(bad), project(after)], [_step(claim, 2)])
    )
    assert (written.readable, written.unreadable) == (2, 1)
    assert [item["item_id"][-1] for item in rows(engine, items)] == ["1", "3"]
    (row,) = rows(engine, unreadable)
    assert (row["topic"], row["record_offset"]) == (CLASSIFIED.name, 0)
    assert row["reason"].startswith("the database refuses its values")
    assert rows(engine, offsets)[0]["next_offset"] == 2


def test_a_database_that_is_away_is_named_as_such(story: Story, tmp_path: Any) -> None:
    """A database that cannot be reached is something to wait for, not a bad record."""
    folder = tmp_path / "folder"
    folder.mkdir()
    engine = open_engine(f"sqlite:///{folder}/a.sqlite")
    folder.rmdir()
    with pytest.raises(DatabaseUnavailableError):
        Writer(engine).write(Batch([project(story.received("1"))], ()))
    engine.dispose()
