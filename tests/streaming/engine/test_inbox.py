import asyncio

import pytest
from aiokafka import TopicPartition

from workers.processor import Record, TaskClosedError
from workers.streaming.engine.inbox import Inbox, Reported
from workers.streaming.transport.chunk import Chunk

TP = TopicPartition("test.in.v1", 0)


def chunk(records: int, next_offset: int = 0, size: int = 0) -> Chunk:
    return Chunk(TP, [object()] * records, next_offset, size=size)


class Flow:
    """Counts pauses and resumptions."""

    def __init__(self) -> None:
        self.paused = 0
        self.resumed = 0

    def pause(self) -> None:
        self.paused += 1

    def resume(self) -> None:
        self.resumed += 1


async def test_items_stay_until_they_are_dropped() -> None:
    """What was peeked and not dropped is peeked again: a failed chunk is not lost."""
    inbox = Inbox(pause=lambda: None, resume=lambda: None)
    inbox.put(chunk(2))
    assert len(await inbox.peek(10, wait=0)) == 1
    assert len(await inbox.peek(10, wait=0)) == 1
    assert inbox.drop(1) == 2
    assert await inbox.peek(10, wait=0) == ()


async def test_a_peek_takes_whole_chunks_up_to_the_limit_but_at_least_one() -> None:
    """A chunk over the limit is taken alone; smaller ones are taken together."""
    inbox = Inbox(pause=lambda: None, resume=lambda: None)
    for size in (30, 4, 4, 4):
        inbox.put(chunk(size))
    assert [
        len(item.records) for item in await inbox.peek(10, wait=0) if isinstance(item, Chunk)
    ] == [30]
    inbox.drop(1)
    assert len(await inbox.peek(10, wait=0)) == 2


async def test_a_full_inbox_asks_for_a_pause_once_and_for_resumption_when_drained() -> None:
    """Back-pressure is asked for at the high mark and taken back at the low mark."""
    flow = Flow()
    inbox = Inbox(pause=flow.pause, resume=flow.resume)
    for _ in range(5):
        inbox.put(chunk(4_000))
    assert (flow.paused, flow.resumed) == (1, 0)
    inbox.drop(4)
    assert (flow.paused, flow.resumed) == (1, 0)
    inbox.drop(1)
    assert (flow.paused, flow.resumed) == (1, 1)


async def test_large_records_ask_for_a_pause_although_they_are_few() -> None:
    """Back-pressure is by bytes, too: a task that rests holds some 32 MiB, not 10,000 records."""
    flow = Flow()
    inbox = Inbox(pause=flow.pause, resume=flow.resume)
    for _ in range(33):
        inbox.put(chunk(10, size=1024 * 1024))
    assert (flow.paused, flow.resumed) == (1, 0)
    inbox.drop(24)
    assert (flow.paused, flow.resumed) == (1, 0)
    inbox.drop(2)
    assert (flow.paused, flow.resumed) == (1, 1)
    inbox.clear()
    for _ in range(32):
        inbox.put(chunk(10, size=1024 * 1024))
    assert flow.paused == 1, "what was given up counts no more"


async def test_closing_refuses_reports_and_leaves_nobody_waiting() -> None:
    """A side effect that waits for its report hears that the task was closed."""
    inbox = Inbox(pause=lambda: None, resume=lambda: None)
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    inbox.put(chunk(3))
    inbox.put(Reported(["event"], done))
    assert inbox.clear() == 3
    with pytest.raises(TaskClosedError):
        await done
    assert len(inbox) == 0


async def test_wake_lets_a_waiting_peek_return_empty() -> None:
    """A task that is to end does not sit out its wait."""
    inbox = Inbox(pause=lambda: None, resume=lambda: None)
    waiting = asyncio.create_task(inbox.peek(10, wait=60))
    await asyncio.sleep(0)
    inbox.wake()
    assert await waiting == []


def dated(first: int, *times: int) -> Chunk:
    """Records from the offset ``first`` on, written at these times."""
    records = [Record(TP.topic, 0, first + n, b"k", b"v", time) for n, time in enumerate(times)]
    return Chunk(TP, records, first + len(times))


def test_the_oldest_that_waits_is_the_first_that_is_not_done() -> None:
    """What is before the position is done, though it is still here; other inputs do not count."""
    inbox = Inbox(pause=lambda: None, resume=lambda: None)
    inbox.put(dated(10, 100, 200))
    inbox.put(dated(12, 300, 400))
    found = [inbox.oldest(TP, position) for position in (0, 10, 11, 12, 13, 14)]
    assert found == [100, 100, 200, 300, 400, None]
    assert inbox.oldest(TopicPartition("another", 0), 0) is None


async def test_what_was_refused_is_not_processed_later() -> None:
    """Its side effect reports it again once the task is open: twice would be counted twice."""
    inbox = Inbox(pause=lambda: None, resume=lambda: None)
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    inbox.put(Reported(["event"], done))
    inbox.put(chunk(3))
    inbox.refuse_reports()
    assert isinstance(done.exception(), TaskClosedError)
    assert [type(item) for item in await inbox.peek(10, wait=0)] == [Chunk]


async def test_reported_events_count_for_the_limit_of_a_peek() -> None:
    """A side effect that reports much makes a transaction no larger than records do."""
    inbox = Inbox(pause=lambda: None, resume=lambda: None)
    for _ in range(3):
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        inbox.put(Reported(["event"] * 4, done))
    assert len(await inbox.peek(10, wait=0)) == 2
