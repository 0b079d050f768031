"""What of the waiting work is still to be done."""

import asyncio
from collections.abc import Sequence

import pytest
from aiokafka import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from schemas.topics import CLOCK_TICKED
from workers.processor import Record
from workers.streaming.engine.evaluation.gather import Gathered, SkippedError, gather
from workers.streaming.engine.halts.clock_guard import ClockAheadError
from workers.streaming.engine.halts.retained import OffsetsExpiredError
from workers.streaming.engine.inbox import Reported
from workers.streaming.transport.chunk import Chunk

TP = TopicPartition("input", 0)
TICKS = TopicPartition(CLOCK_TICKED.name, 0)


def chunk(first: int, last: int, *, tp: TopicPartition = TP, start: int | None = None) -> Chunk:
    """Records with the offsets from ``first`` to before ``last``, each written at its offset."""
    records = [Record(tp.topic, 0, at, b"k", b"v", at) for at in range(first, last)]
    return Chunk(tp, records, last, start=start)


def gathered(items: Sequence[Chunk | Reported], done: int) -> Gathered:
    """What is to be done of ``items`` when the task stands at ``done``."""
    return gather(items, positions={TP: done}, now=5, group="productops-test", wall=60)


@given(st.integers(0, 60), st.lists(st.integers(1, 10), min_size=1, max_size=6))
def test_every_record_from_the_position_on_is_done_once(done: int, sizes: list[int]) -> None:
    """However chunks lie around the position, and if the first comes twice."""
    items, offset = [], 0
    for size in sizes:
        items.append(chunk(offset, offset + size))
        offset += size
    found = gathered([items[0], *items], done)
    assert [record.offset for record in found.records] == list(range(done, offset))
    assert found.positions == ({TP: offset} if done < offset else {})


def test_ticks_move_stream_time_and_are_no_records() -> None:
    """The latest tick counts; an older one than stream time does not move it back."""
    found = gathered([chunk(3, 9, tp=TICKS)], 0)
    assert (found.now, found.records, found.positions) == (8, [], {TICKS: 9})
    assert gathered([chunk(1, 3, tp=TICKS)], 0).now == 5


@pytest.mark.parametrize("start", [11, 12])
def test_a_chunk_that_begins_behind_the_position_is_a_fault(start: int) -> None:
    """Records between were passed over, be it one, so nothing of it may be done."""
    with pytest.raises(SkippedError, match=f"after offset 10 came {start}"):
        gathered([chunk(12, 15, start=start)], 10)


def test_a_gap_in_what_is_not_known_or_does_not_matter_is_none() -> None:
    """An input may be read from anywhere as long as no position is known, and ticks always."""
    known = {TICKS: 10}
    for items in ([chunk(12, 15, start=12)], [chunk(12, 15, tp=TICKS, start=12)]):
        found = gather(items, positions=known, now=5, group="productops-test", wall=60)
        assert list(found.positions.values()) == [15]


def test_a_chunk_whose_beginning_holds_only_markers_is_none() -> None:
    """The consumer stood at the position; that the first record comes later is no gap."""
    assert gathered([chunk(12, 15, start=10)], 10).positions == {TP: 15}


def test_what_kafka_no_longer_holds_halts_the_task() -> None:
    """The message names the group and the place."""
    gone = Chunk(TP, (), 40, gone=True)
    with pytest.raises(OffsetsExpiredError, match="productops-test stands at offset 40 of input"):
        gathered([gone], 40)


@pytest.mark.parametrize("tp", [TP, TICKS])
def test_a_record_from_the_future_halts_the_task(tp: TopicPartition) -> None:
    """A tick or record more than an hour ahead of this machine's clock moves no stream time."""
    hour = 3_600_000
    with pytest.raises(ClockAheadError, match=f"{tp.topic} partition 0 offset {2 * hour}"):
        gathered([chunk(2 * hour, 2 * hour + 1, tp=tp)], 0)


async def test_reports_of_side_effects_are_taken_in_order() -> None:
    """They have no offset and are all done."""
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    items = [Reported(["a"], future), chunk(0, 2), Reported(["b", "c"], future)]
    assert gathered(items, 0).reported == ["a", "b", "c"]


def test_a_record_from_the_future_that_is_done_halts_nobody() -> None:
    """Whoever has moved the group behind it goes on, though the fetch began before it."""
    hour = 3_600_000
    records = [Record(TP.topic, 0, at, b"k", b"v", when) for at, when in ((7, 2 * hour), (8, 8))]
    assert gathered([Chunk(TP, records, 9)], 8).records == records[1:]
