"""The steps of a chunk in their order, without a broker: what is told to the producer, and when."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, cast

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from schemas.partitioner import partition_for
from tests.integration.streaming.counting_worker import Counting, Said, topics
from tests.integration.streaming.recording import RecordingWatch
from tests.streaming.engine.recording_producer import RecordingProducer
from workers.processor import Outcome, Record, TaskClosedError
from workers.streaming.engine.halts.fuse import FuseBlownError, FuseLimits
from workers.streaming.engine.halts.placement import MisplacedError
from workers.streaming.engine.inbox import Reported
from workers.streaming.engine.probe import Step
from workers.streaming.engine.recovery.committed import Offsets
from workers.streaming.engine.role import Role
from workers.streaming.engine.standing import Standing
from workers.streaming.engine.task import Task, TaskSettings
from workers.streaming.engine.transaction import FencedError, LateError, Producer
from workers.streaming.transport.chunk import Chunk

SOURCE, TARGET, CHANGELOG, LETTERS = topics("steps")
TP = TopicPartition(SOURCE.name, 0)
KEY = next(f"k{n}".encode() for n in range(99) if partition_for(f"k{n}".encode(), 4) == 0)
GROUP = "productops-steps"


class Quiet(Counting):
    """Counts; a zero has no effect."""

    def process(
        self, events: Sequence[Said], state: Mapping[str, int], now: int, /
    ) -> Outcome[int]:
        """As its base for all others."""
        return super().process([one for one in events if one.number], state, now)


class Effects:
    """Notes of which changes it is told; fulfils ``SideEffects``."""

    def __init__(self) -> None:
        self.changes: list[Mapping[str, int | None]] = []

    def opened(self, partition: int, rows: Mapping[str, int], submit: Any, /) -> None:
        """See ``SideEffects``."""

    def committed(self, partition: int, changes: Mapping[str, int | None], /) -> None:
        """See ``SideEffects``."""
        del partition
        self.changes.append(changes)

    async def closed(self, partition: int, /) -> None:
        """See ``SideEffects``."""


async def nothing_committed(_tps: Any, /) -> Offsets:
    """A new group."""
    return {}


class Steps:
    """A task that stands at the beginning of its input, and what it does."""

    def __init__(self, **settings: Any) -> None:
        self.producer = RecordingProducer()
        self.effects = Effects()
        self.seen: list[tuple[Step, dict[str, int]]] = []
        """Each step with the state as others saw it then."""
        given = TaskSettings(
            client={},
            offsets=nothing_committed,
            watch=RecordingWatch(),
            probe=self._probe,
            wall=lambda: 1_000_000,
            **settings,
        )
        role = Role(Quiet("steps"), side_effects=self.effects)
        self.task = Task(role, 0, given, pause=lambda: None, resume=lambda: None)
        self.task._producer = cast("Producer", self.producer)
        self.task._standing.go_on({TP: 0}, 0)

    async def _probe(self, step: Step, _partition: int, /) -> None:
        self.seen.append((step, dict(self.task.state)))

    async def take(self, first: int, *values: bytes) -> None:
        """Let a chunk come and process it, as a turn of the task does."""
        records = [
            Record(SOURCE.name, 0, first + n, KEY, value, 1_000 + first + n, ())
            for n, value in enumerate(values)
        ]
        self.task.accept(Chunk(TP, records, first + len(values), start=first))
        await self.task._step()


def event(number: int) -> bytes:
    """An input of this number."""
    return b'{"n": %d}' % number


NO_EFFECT = event(0)


async def test_all_that_a_chunk_gives_rise_to_is_one_transaction() -> None:
    """Emissions, dead letters, rows, offsets with the stream time, all between begin and commit."""
    steps = Steps()
    await steps.take(0, event(1), b"no event", event(2))
    name = KEY.decode()
    assert steps.producer.told == [
        ("begin",),
        ("events", [(TARGET.name, KEY), (TARGET.name, KEY)]),
        ("events", [(LETTERS.name, KEY)]),
        ("rows", CHANGELOG.name, 0, {KEY: b"2"}),
        ("offsets", GROUP, {TP: (3, "t=1002")}),
        ("commit",),
    ]
    assert [step for step, _ in steps.seen] == list(Step)
    assert [state for _, state in steps.seen] == [{}] * 7 + [{name: 2}], "applied last"
    assert steps.effects.changes == [{name: 2}]
    assert steps.task.positions == {TP: 3}


@pytest.mark.parametrize("where", ["begin", "events", "rows", "offsets", "commit"])
async def test_what_was_not_committed_has_not_happened(where: str) -> None:
    """State, positions and side effects are as before, and the chunk is still there."""
    steps = Steps()
    steps.producer.failing = {where: KafkaError("refused")}
    with pytest.raises(KafkaError):
        await steps.take(0, event(1))
    assert (steps.task.state, steps.task.positions) == ({}, {TP: 0})
    assert steps.effects.changes == []
    assert steps.task.inbox.records == 1
    assert ("commit",) not in steps.producer.told


async def test_what_comes_twice_is_done_once() -> None:
    """As after a rebalance: only what lies beyond the position is new."""
    steps = Steps()
    await steps.take(0, event(1), event(1))
    await steps.take(0, event(1), event(1), event(1))
    assert steps.task.state == {KEY.decode(): 3}
    assert steps.task.positions == {TP: 3}


async def test_a_chunk_without_an_effect_waits_for_the_next_transaction() -> None:
    """Its offsets travel with that one; stream time goes on with it and never back."""
    steps = Steps()
    await steps.take(0, NO_EFFECT, NO_EFFECT)
    assert steps.producer.told == []
    assert steps.task.positions == {TP: 2}
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    steps.task.inbox.put(Reported([Said(KEY.decode(), 1, 5)], done))
    await steps.task._step()
    assert steps.producer.told[-2] == ("offsets", GROUP, {TP: (2, "t=1001")})


async def test_a_commit_that_was_put_off_does_not_wait_for_ever() -> None:
    """Where nothing comes that has an effect, the offsets are committed by themselves."""
    steps = Steps()
    at = 0.0
    steps.task._standing = Standing(clock=lambda: at)
    steps.task._standing.go_on({TP: 0}, 0)
    await steps.take(0, NO_EFFECT)
    at = 2.9
    await steps.task._step()
    assert steps.producer.told == []
    at = 3.1
    await steps.task._step()
    assert steps.producer.told == [("begin",), ("offsets", GROUP, {TP: (1, "t=1000")}), ("commit",)]
    assert not steps.task._standing.owes


async def test_a_late_transaction_is_told_as_fenced_and_the_next_one_is_smaller() -> None:
    """Whether the id is still ours nobody knows; in time again, chunks grow again."""
    steps = Steps(chunk_records=8)
    steps.producer.failing = {"commit": TimeoutError()}
    with pytest.raises(LateError) as late:
        await steps.take(0, event(1))
    assert isinstance(late.value, FencedError)
    assert (steps.task.state, steps.task._bound.records) == ({}, 4)
    steps.producer.failing = {}
    await steps.task._step()
    assert (steps.task.state, steps.task._bound.records) == ({KEY.decode(): 1}, 8)


async def test_what_was_late_as_a_whole_is_tried_in_parts() -> None:
    """Two chunks that one transaction covered are two transactions after it was late."""
    steps = Steps(chunk_records=4)
    records = [Record(SOURCE.name, 0, n, KEY, event(1), 1_000, ()) for n in range(4)]
    for first in (0, 2):
        steps.task.accept(Chunk(TP, records[first : first + 2], first + 2, start=first))
    steps.producer.failing = {"commit": TimeoutError()}
    with pytest.raises(LateError):
        await steps.task._step()
    steps.producer.failing = {}
    await steps.task._step()
    assert (steps.task.positions, steps.task.inbox.records) == ({TP: 2}, 2)


async def test_a_stream_that_dies_halts_before_anything_is_begun() -> None:
    """Not a single letter is written."""
    steps = Steps(fuse=FuseLimits(consecutive=2))
    with pytest.raises(FuseBlownError):
        await steps.take(0, b"no", b"no")
    assert steps.producer.told == []


async def test_the_first_chunk_is_looked_through_for_misplaced_records() -> None:
    """One record among few, which a look at one in some hundreds would not find."""
    steps = Steps()
    wrong = next(f"{n}".encode() for n in range(99) if partition_for(f"{n}".encode(), 4) == 1)
    records = [
        Record(SOURCE.name, 0, n, key, event(1), 1_000, ()) for n, key in enumerate([KEY, wrong])
    ]
    steps.task.accept(Chunk(TP, records, 2, start=0))
    with pytest.raises(MisplacedError, match="offset 1 "):
        await steps.task._step()
    assert steps.producer.told == []


async def test_who_reports_hears_of_the_commit() -> None:
    """Also of events without an effect: what is reported is committed when ``submit`` returns."""
    steps = Steps()
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    steps.task.inbox.put(Reported([Said("a", 0, 1)], done))
    await steps.task._step()
    assert done.done()
    assert [what[0] for what in steps.producer.told] == ["begin", "commit"]


async def test_nobody_reports_to_a_task_that_is_not_open() -> None:
    """Neither before its state is back, nor once it is to end: nobody would process it."""
    steps = Steps()
    with pytest.raises(TaskClosedError):
        await steps.task.submit([Said("a", 1, 1)])
    steps.task._opened = True
    steps.task.finish()
    with pytest.raises(TaskClosedError):
        await steps.task.submit([Said("a", 1, 1)])


async def test_the_state_knows_how_far_in_the_changelog_it_goes() -> None:
    """Where it is handed back, only what came after is read."""
    steps = Steps()
    steps.producer.end = 42
    await steps.take(0, event(1))
    assert steps.task._state.position == 42
    steps.producer.end = None  # a new producer that has written no row yet
    await steps.take(1, event(1))
    assert steps.task._state.position == 42
