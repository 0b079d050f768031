"""What becomes of a task that was fenced, halted, or failed, and when a process is ready."""

import asyncio
from typing import Any, cast

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from structlog.testing import capture_logs

from schemas.topics import CLOCK_TICKED
from tests.integration.streaming.counting_worker import Counting, topics
from tests.integration.streaming.recording import RecordingWatch
from workers.streaming.engine.halts.clock_guard import ClockAheadError
from workers.streaming.engine.halts.fuse import FuseBlownError
from workers.streaming.engine.halts.memory import UNBOUNDED
from workers.streaming.engine.ownership import Ownership
from workers.streaming.engine.recovery.standby import Standby
from workers.streaming.engine.role import Role
from workers.streaming.engine.task import Task, TaskFailedError, TaskSettings
from workers.streaming.engine.transaction import FencedError, LateError


class Watch(RecordingWatch):
    """Counts fencings, too."""

    fences = 0

    def fenced(self, partition: int) -> None:
        """See ``TaskWatch``."""
        del partition
        self.fences += 1


class Scripted:
    """A task whose runs end so, one after the other, and then well."""

    partition = 2

    def __init__(self, *ends: BaseException) -> None:
        self._ends = list(ends)
        self.did: list[str | float] = []

    async def run(self) -> None:
        """End as the script says."""
        self.did.append("run")
        if self._ends:
            raise self._ends.pop(0)

    async def rest(self, seconds: float) -> None:
        """Note for how long."""
        self.did.append(seconds)


async def nothing(_tps: Any, /) -> dict[TopicPartition, tuple[int, str]]:
    """No offsets."""
    return {}


def ownership() -> tuple[Ownership, Watch, list[BaseException]]:
    """Of a counting role, which opens a fenced task again after 90 s; what failed, too."""
    watch, failed, role = Watch(), list[BaseException](), Role(Counting("owned"))
    owner = Ownership(
        role,
        TaskSettings(client={}, offsets=nothing, watch=watch),
        Standby({}, role, follows=False, memory=UNBOUNDED, watch=watch),
        pause=lambda _tps: None,
        resume=lambda _tps: None,
        failed=failed.append,
        reopen_after=90.0,
    )
    return owner, watch, failed


async def owned(*ends: BaseException) -> tuple[Scripted, Watch, list[BaseException], list[str]]:
    """What comes of a task whose runs end so, and what the log says."""
    owner, watch, failed = ownership()
    task = Scripted(*ends)
    with capture_logs() as log:
        await owner._own(cast("Task", task))
    return task, watch, failed, [line["event"] for line in log]


@pytest.mark.parametrize(
    ("error", "said"), [(FencedError("x"), "task_fenced"), (LateError("x"), "transaction_late")]
)
async def test_who_was_fenced_rests_before_it_takes_the_task_back(
    error: Exception, said: str
) -> None:
    """Until a rebalance would have come: whoever was replaced is told so by then."""
    task, watch, failed, log = await owned(error)
    assert task.did == ["run", 90.0, "run"]
    assert (watch.fences, failed, log) == (1, [], [said])


async def test_a_halt_stays_until_a_person_acts() -> None:
    """The process stays, for there is something to look at."""
    task, watch, failed, log = await owned(FuseBlownError("x"))
    assert (task.did, watch.halts, failed, log) == (["run"], [2], [], ["task_halted"])


async def test_a_halt_that_may_pass_is_looked_at_again_less_and_less_often() -> None:
    """After a quarter of a minute, then twice that, and at least every five minutes."""
    task, watch, failed, _ = await owned(*[ClockAheadError("x") for _ in range(7)])
    assert [one for one in task.did if one != "run"] == [15, 30, 60, 120, 240, 300, 300]
    assert (len(watch.halts), failed) == (7, [])


@pytest.mark.parametrize("error", [TaskFailedError("x"), KafkaError("x"), ArithmeticError("x")])
async def test_what_no_retry_mends_ends_the_process(error: Exception) -> None:
    """Told once, as it is."""
    task, _, failed, _ = await owned(error)
    assert (task.did, failed) == (["run"], [error])


async def test_a_cancellation_that_nobody_asked_for_ends_the_process() -> None:
    """A client that has ended badly must not leave a task that stands still in silence."""
    _, _, failed, _ = await owned(asyncio.CancelledError())
    assert [type(one) for one in failed] == [TaskFailedError]


SOURCE = topics("owned")[0].name


async def test_without_an_assignment_nobody_is_ready() -> None:
    """With an empty one everybody is: a process more than partitions has nothing to do."""
    owner, _, _ = ownership()
    assert not owner.ready
    await owner.assigned([])
    assert owner.ready
    await owner.revoked()
    assert not owner.ready


async def test_a_partition_of_which_another_has_an_input_makes_unready() -> None:
    """It is no task of ours, and the log says what is missing."""
    owner, _, _ = ownership()
    with capture_logs() as log:
        await owner.assigned([TopicPartition(SOURCE, 1)])
    assert (owner.tasks, owner.ready) == ({}, False)
    assert [line["event"] for line in log] == ["inputs_parted"]
    assert CLOCK_TICKED.name in log[0]["reason"]


async def test_who_is_closed_takes_nothing_more() -> None:
    """A rebalance that comes with the end opens no task."""
    owner, _, _ = ownership()
    await owner.close()
    await owner.assigned([TopicPartition(name, 1) for name in (SOURCE, CLOCK_TICKED.name)])
    assert owner.tasks == {}
