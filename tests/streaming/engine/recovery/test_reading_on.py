"""How far a changelog is read, on a consumer in memory."""

from collections.abc import Mapping, Sequence

import pytest
from aiokafka import TopicPartition

from workers.streaming.engine.recovery.restore import RestoreError, read_on

TP = TopicPartition("changelog", 0)


class Consumer:
    """Records 0 to ``last``; its fetches know of the log's end what ``known`` says in turn."""

    def __init__(self, last: int, known: Sequence[int | None], asked: int) -> None:
        self._records = list(range(last + 1))
        self._known = list(known)
        self._asked = asked
        self._position = 0

    async def getmany(
        self, tp: TopicPartition, *, timeout_ms: int, max_records: int | None
    ) -> Mapping[TopicPartition, Sequence[int]]:
        """The next records that are known of."""
        del timeout_ms
        if len(self._known) > 1:
            self._known.pop(0)
        most = self._position + (max_records or len(self._records))
        found = self._records[self._position : min(self._known[0] or 0, most)]
        self._position += len(found)
        return {tp: found} if found else {}

    def highwater(self, _tp: TopicPartition) -> int | None:
        """The end as the last fetch told it; ``None`` before the first answer."""
        return self._known[0]

    async def end_offsets(self, tps: Sequence[TopicPartition]) -> Mapping[TopicPartition, int]:
        """The end as the leader tells it when it is asked."""
        return dict.fromkeys(tps, self._asked)

    async def position(self, _tp: TopicPartition) -> int:
        """The next record."""
        return self._position


async def read(consumer: Consumer, **how: float) -> list[int]:
    """All that is read."""
    return [record async for some, _ in read_on(consumer, TP, 0, most=4, **how) for record in some]


async def test_a_leader_that_lags_behind_does_not_end_a_restore() -> None:
    """A newly elected leader's first fetch may tell an end of before; the end asked for counts."""
    assert await read(Consumer(9, [None, 3, 10], asked=10)) == list(range(10))


async def test_what_is_not_committed_yet_is_waited_for() -> None:
    """The end that is asked for leaves out an open transaction; that of the fetch does not."""
    assert await read(Consumer(9, [None, 10], asked=6)) == list(range(10))


async def test_the_end_is_not_known_before_a_fetch_was_answered() -> None:
    """A question that is answered sooner than the first fetch ends nothing."""
    assert await read(Consumer(9, [None, None, None, 10], asked=2)) == list(range(10))


async def test_who_gets_further_is_not_stuck() -> None:
    """However long all of it takes: what counts is the time since the last step."""
    consumer = Consumer(9, [None, 10], asked=10)
    found = [some async for some, _ in read_on(consumer, TP, 0, most=1, stall_seconds=-1.0, end=10)]
    assert len(found) == 10


async def test_who_gets_no_further_says_where_it_is_stuck() -> None:
    """With the place, the end, and what to look at."""
    with pytest.raises(RestoreError, match=r"changelog partition 0 .* end 10: stuck at 3 .*away"):
        await read(Consumer(2, [3], asked=10), stall_seconds=-1.0)
