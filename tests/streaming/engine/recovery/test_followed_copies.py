"""What a turn of following makes of copies, on a consumer in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import OffsetOutOfRangeError

from tests.integration.streaming.counting_worker import Counting, topics
from tests.integration.streaming.recording import RecordingWatch
from workers.streaming.engine.halts.memory import UNBOUNDED
from workers.streaming.engine.recovery.standby import Standby
from workers.streaming.engine.recovery.state import State
from workers.streaming.engine.role import Role

TP = TopicPartition(topics("followed")[2].name, 1)
HOUR = 3_600.0


@dataclass(frozen=True)
class Row:
    """A record of a changelog."""

    offset: int
    key: bytes
    value: bytes | None


@dataclass
class Consumer:
    """Brings these rows, and stands at the position after them."""

    rows: Sequence[Row] = ()
    at: int = 0
    answered: float | None = None
    """When the leader said last, in ms, that there is no more."""
    gone: bool = False
    meanwhile: list[Any] = field(default_factory=list)
    """What else happens while the rows are waited for."""

    async def getmany(
        self, *, timeout_ms: int, max_records: int
    ) -> Mapping[TopicPartition, Sequence[Row]]:
        """The rows."""
        del timeout_ms, max_records
        for happens in self.meanwhile:
            happens()
        if self.gone:
            raise OffsetOutOfRangeError({TP: self.at})
        return {TP: self.rows} if self.rows else {}

    async def position(self, _tp: TopicPartition) -> int:
        """After the rows."""
        return self.at

    def assignment(self) -> set[TopicPartition]:
        """What is followed."""
        return {TP}

    def last_poll_timestamp(self, _tp: TopicPartition) -> float | None:
        """See ``answered``."""
        return self.answered


class Following:
    """The copies of a process that owns all tasks but that of partition 1."""

    def __init__(self) -> None:
        self.now = 0.0
        self.copies = Standby(
            {},
            Role(Counting("followed")),
            follows=True,
            memory=UNBOUNDED,
            watch=RecordingWatch(),
            clock=lambda: self.now,
            wall=lambda: self.now * 1_000,
        )
        self.copies.owned({0, 2, 3})

    async def turn(self, consumer: Consumer) -> None:
        """One turn with what this consumer brings."""
        known = dict(self.copies._copies)
        await self.copies._turn(cast("AIOKafkaConsumer", consumer), known)


async def test_rows_and_deletions_are_taken_in_up_to_the_position() -> None:
    """Markers of transactions move the position and bring no rows."""
    one = Following()
    await one.turn(Consumer([Row(0, b"a", b"1"), Row(1, b"b", b"2")], 3))
    await one.turn(Consumer([Row(3, b"a", None)], 5))
    assert one.copies.take(1) == State({"b": 2}, 5)


async def test_a_copy_that_was_given_back_meanwhile_does_not_go_back() -> None:
    """Its task was further than the turn in hand: what it had done is not undone."""
    one = Following()
    copy = one.copies._copies[1]

    def owned_for_a_while() -> None:
        copy.rows["a"], copy.position = 7, 9

    await one.turn(Consumer([Row(0, b"a", b"1")], 1, meanwhile=[owned_for_a_while]))
    assert one.copies.take(1) == State({"a": 7}, 9)


async def test_a_copy_that_was_taken_meanwhile_belongs_to_its_task() -> None:
    """The turn in hand changes nothing of it."""
    one = Following()
    taken: list[State[Any] | None] = []
    consumer = Consumer(
        [Row(0, b"a", b"1")], 1, meanwhile=[lambda: taken.append(one.copies.take(1))]
    )
    await one.turn(consumer)
    assert taken == [State()]
    assert one.copies.rows == {}


@pytest.mark.parametrize(
    ("answered", "fresh"),
    [(HOUR * 1_000, True), ((HOUR - 59) * 1_000, True), (0.0, False), (None, False)],
)
async def test_a_copy_is_fresh_while_its_leader_answers(
    answered: float | None, *, fresh: bool
) -> None:
    """That there is no more must have been said within the last minute; silence proves nothing."""
    one = Following()
    one.now = HOUR
    await one.turn(Consumer(answered=answered))
    one.now = HOUR + 1
    assert (one.copies.take(1) is not None) == fresh


async def test_a_changelog_made_anew_is_copied_from_its_beginning() -> None:
    """Rows of the former one are not kept; a copy that was taken meanwhile is left alone."""
    one = Following()
    await one.turn(Consumer([Row(4, b"a", b"1")], 5))
    await one.turn(Consumer(at=5, gone=True))
    assert one.copies._copies[1] == State()
    await one.turn(Consumer([Row(0, b"b", b"2")], 1))
    taken: list[State[Any] | None] = []
    await one.turn(Consumer(at=1, gone=True, meanwhile=[lambda: taken.append(one.copies.take(1))]))
    assert taken == [State({"b": 2}, 1)]


def test_what_is_given_up_is_empty_at_once() -> None:
    """Also for the turn in hand, which still holds the copies: their memory is needed."""
    one = Following()
    copy = one.copies._copies[1]
    copy.rows["a"] = 1
    assert one.copies.give_up()
    assert copy.rows == {}
    assert not one.copies.give_up()
