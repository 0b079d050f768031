"""What a replay plans to write, before anything is written."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from schemas.topics import MAX_RECORD_BYTES
from tests.delivery import histories as delivery
from tests.streaming.words import Words
from workers.processor import Emission, Record
from workers.streaming.engine.recovery.restore import RestoreError
from workers.streaming.engine.role import Role
from workers.streaming.rebuilding.build import Build
from workers.streaming.rebuilding.migration import NothingToMigrateError, migrate
from workers.streaming.rebuilding.replay import NotReplayableError, replay
from workers.streaming.rebuilding.writing import Change, write

TOLD, STATE = "test.words.out.v1", "test.words.changelog.v1"


def word(key: str, value: bytes | None, offset: int = 0) -> Record:
    """An input record."""
    return Record("test.words.in.v1", 2, offset, key.encode(), value, 0)


def build(words: Words, *records: Record) -> Build:
    """A build that has taken records in."""
    one = Build(words, words, 2)
    one.take(records)
    return one


def test_rows_that_are_different_are_planned_with_their_events() -> None:
    """One change a row that is not as today's rules have it; rows without history are left out."""
    one = build(Words(), word("a", b"new"), word("b", b"same"), word("gone", b"x"))
    plan = one.plan({b"a": b"old", b"b": b"same", b"c": b"untouched"}, 0)
    assert plan.looked == 2
    assert [(change.key, change.value) for change in plan.changes] == [(b"a", b"new")]
    assert [told.value for told in plan.changes[0].emissions] == [b"new"]
    said = {(TOLD, b"a"): b"old", (TOLD, b"b"): b"same"}
    assert one.differences(plan.changes, said) == {("word", "old", "new"): 1}
    assert one.differences(plan.changes, {}) == {("word", "", "new"): 1}


def test_what_cannot_be_read_or_taken_is_counted_and_left_out() -> None:
    """Its neighbours are taken all the same."""
    one = build(Words(), word("a", b"1"), word("b", None), word("c", b"cursed"), word("d", b"2"))
    assert (one.records, one.unreadable) == (4, 2)
    plan = one.plan(dict.fromkeys((b"a", b"b", b"c", b"d"), b"old"), 0)
    assert [change.key for change in plan.changes] == [b"a", b"d"]


def test_a_row_is_decided_again_only_if_the_live_role_has_changed_it() -> None:
    """So that little is left to do while the role is fenced."""
    words = Words()
    one = build(words, word("a", b"new"), word("b", b"new"))
    one.plan({b"a": b"old", b"b": b"old"}, 0)
    one.take([word("b", b"newer")])
    plan = one.plan({b"a": b"old", b"b": b"changed meanwhile"}, 0)
    assert words.made[0].asked == ["a", "b", "b"]
    assert [change.value for change in plan.changes] == [b"new", b"newer"]


def test_a_request_to_do_something_is_refused() -> None:
    """A replay that would write to any other topic than those it may is a fault of ours."""
    one = build(Words(asking=True), word("a", b"new"))
    with pytest.raises(ValueError, match=r"must not write to test\.words\.asked\.v1"):
        one.plan({b"a": b"old"}, 0)


def test_a_row_that_nobody_can_read_ends_the_replay_in_words() -> None:
    """As it ends the role: with topic and partition."""
    one = build(Words(), word("a", b"new"))
    with pytest.raises(RestoreError, match=r"test\.words\.changelog\.v1 partition 2"):
        one.plan({b"a": b"?"}, 0)


def test_a_row_that_kafka_would_not_take_ends_the_replay_in_words() -> None:
    """Before anything of its partition is written."""
    one = build(Words(), word("a", b"x" * MAX_RECORD_BYTES))
    with pytest.raises(RestoreError, match="nothing of partition 2 was written"):
        one.plan({b"a": b"old"}, 0)


class Recording:
    """A producer that keeps what each transaction holds."""

    def __init__(self) -> None:
        self.committed: list[list[Any]] = []
        self._open: list[Any] = []

    async def begin(self) -> None:
        """See ``Producer``."""
        self._open = []

    async def write_events(self, emissions: Any, partitions: Mapping[str, int]) -> None:
        """See ``Producer``."""
        del partitions
        self._open += [one.key for one in emissions]

    async def write_rows(self, topic: str, partition: int, rows: Sequence[Any]) -> None:
        """See ``Producer``."""
        del topic, partition
        self._open += [key for key, _ in rows]

    async def commit(self) -> None:
        """See ``Producer``."""
        self.committed.append(self._open)


@pytest.mark.parametrize(("rows", "transactions"), [(0, 0), (1, 1), (20_000, 1), (20_001, 2)])
async def test_a_partition_is_one_transaction_unless_it_is_very_large(
    rows: int, transactions: int
) -> None:
    """A row and its events are always in the same one."""
    changes = [
        Change(str(n).encode(), b"row", (Emission(TOLD, str(n).encode(), b"x"),))
        for n in range(rows)
    ]
    producer: Any = Recording()
    await write(producer, changes, STATE, 0, outputs={TOLD: 4})
    assert len(producer.committed) == transactions
    assert [sorted(one) for one in producer.committed] == [
        sorted([*set(one), *set(one)]) for one in producer.committed
    ]
    assert sum(map(len, producer.committed)) == 2 * rows


async def test_a_role_without_state_has_nothing_to_rebuild() -> None:
    """It is refused before any cluster is asked."""

    class Forgetful(Words):
        """Words without a changelog."""

        def __init__(self) -> None:
            super().__init__()
            self.changelog = None

    role = Role(Forgetful())
    with pytest.raises(NotReplayableError, match="role words keeps no state"):
        await replay(role, {}, 0)
    with pytest.raises(NothingToMigrateError, match="role words keeps no state"):
        await migrate(role, {})


async def test_a_processor_that_does_not_say_how_is_not_replayed() -> None:
    """Such as delivery's, whose results are in the world."""
    outbox = Role(delivery.outbox())
    with pytest.raises(NotReplayableError, match="role delivery cannot be replayed"):
        await replay(outbox, {}, 0)
