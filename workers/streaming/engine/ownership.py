"""Which tasks this process owns, and what a rebalance does to them."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet

import structlog
from aiokafka import TopicPartition

from workers.streaming.backoff import backoff
from workers.streaming.engine.assignment import parted
from workers.streaming.engine.halts.halt import HaltError
from workers.streaming.engine.recovery.standby import Standby
from workers.streaming.engine.role import Role
from workers.streaming.engine.task import Task, TaskFailedError, TaskSettings
from workers.streaming.engine.transaction import FencedError, LateError
from workers.streaming.transport.chunk import Chunk

__all__ = ["Ownership"]

log = structlog.get_logger(__name__)

_CLOSE_SECONDS = 5.0
_LOOK_AGAIN_SECONDS = 15.0
_LOOK_AGAIN_MOST_SECONDS = 300.0


class Ownership:
    """The tasks of one process. All methods run on its event loop."""

    def __init__(
        self,
        role: Role,
        settings: TaskSettings,
        standby: Standby,
        *,
        pause: Callable[[Iterable[TopicPartition]], None],
        resume: Callable[[Iterable[TopicPartition]], None],
        failed: Callable[[BaseException], None],
        reopen_after: float,
    ) -> None:
        """``failed`` is called once with what no retry could mend: the process has to end.

        ``reopen_after`` seconds without a rebalance after a fencing prove that we are still the
        owner (our transaction had timed out), for a group knows of a change within a session.
        """
        self._role = role
        self._settings = settings
        self._standby = standby
        self._pause = pause
        self._resume = resume
        self._failed = failed
        self._reopen_after = reopen_after
        self._tasks: dict[int, Task] = {}
        self._runners: dict[int, asyncio.Task[None]] = {}
        self._changing = asyncio.Lock()
        self._closed = False
        self._parted: Mapping[int, AbstractSet[str]] = {}
        """Partitions of which others have some inputs, and which."""
        self._assigned = False

    @property
    def tasks(self) -> Mapping[int, Task]:
        """The owned tasks by partition."""
        return self._tasks

    @property
    def ready(self) -> bool:
        """Whether the group has given us our part, whole, and every owned task is restored."""
        whole = self._assigned and not self._parted
        return whole and all(task.ready for task in self._tasks.values())

    async def assigned(self, tps: Iterable[TopicPartition]) -> None:
        """Take over the tasks of these partitions; returns at once, tasks open by themselves.

        Only what is still being given up is waited for.
        """
        async with self._changing:
            if self._closed:
                return
            self._assigned = True
            self._settings.watch.assigned()
            for partition in sorted(self._whole(tps)):
                if partition not in self._tasks:
                    self._start(partition)
            self._standby.owned(self._tasks.keys())

    def _whole(self, tps: Iterable[TopicPartition]) -> AbstractSet[int]:
        """The partitions of which every input is ours; says which are not."""
        whole, self._parted = parted(tps, {topic.name for topic in self._role.inputs})
        for partition, missing in self._parted.items():
            log.error(
                "inputs_parted",
                role=self._role.name,
                task=partition,
                reason=f"another member of the group has {', '.join(sorted(missing))}",
                remedy="the task waits for the next rebalance, unready: let all processes of the "
                "role run the same version",
            )
        return whole

    async def revoked(self) -> None:
        """Give every task up: finish the chunk in hand within a bound, or abandon it.

        An abandoned transaction is aborted by the next owner's producer. A task that is still
        opening, or waits for the broker, has nothing in hand and is abandoned at once.
        """
        self._assigned = False
        async with self._changing:
            await self._give_up()

    async def close(self) -> None:
        """Give every task up for good: what is assigned from now on is not taken."""
        self._closed = True
        await self.revoked()

    async def _give_up(self) -> None:
        for partition, task in self._tasks.items():
            task.finish()
            if not task.ready:
                self._runners[partition].cancel()
        runners = list(self._runners.values())
        if runners:
            _, late = await asyncio.wait(runners, timeout=_CLOSE_SECONDS)
            for runner in late:
                runner.cancel()
            if late:
                await asyncio.wait(late, timeout=_CLOSE_SECONDS)
        for partition, task in self._tasks.items():
            self._settings.watch.done(task.inbox.clear())
            self._settings.watch.closed(partition)
            if task.left is not None and not self._closed:
                self._standby.keep(partition, task.left)
        self._tasks.clear()
        self._runners.clear()

    def accept(self, chunk: Chunk) -> None:
        """Hand a chunk to its task; one of a task just given up is dropped: its owner reads it."""
        task = self._tasks.get(chunk.tp.partition)
        if task is not None:
            task.accept(chunk)

    def _start(self, partition: int) -> None:
        tps = [TopicPartition(topic.name, partition) for topic in self._role.inputs]
        task = Task(
            self._role,
            partition,
            self._settings,
            pause=lambda: self._pause(tps),
            resume=lambda: self._resume(tps),
            copy=self._standby.take(partition),
        )
        self._tasks[partition] = task
        self._runners[partition] = asyncio.create_task(
            self._own(task), name=f"{self._role.name}-{partition}"
        )

    async def _own(self, task: Task) -> None:
        looks = 0
        while True:
            try:
                await task.run()
            except FencedError as error:
                self._settings.watch.fenced(task.partition)
                about = {"role": self._role.name, "task": task.partition, "reason": str(error)}
                if isinstance(error, LateError):
                    log.warning("transaction_late", **about, remedy=error.remedy)
                else:
                    log.info("task_fenced", **about)
                await task.rest(self._reopen_after)
            except HaltError as error:
                looks += 1
                self._settings.watch.halted(task.partition)
                log.error(  # noqa: TRY400 - the reason says all there is to know
                    "task_halted",
                    role=self._role.name,
                    task=task.partition,
                    reason=str(error),
                    remedy=error.remedy,
                )
                if not error.passing:
                    return
                again = backoff(looks, first=_LOOK_AGAIN_SECONDS, most=_LOOK_AGAIN_MOST_SECONDS)
                await task.rest(again)
            except asyncio.CancelledError:
                this = asyncio.current_task()
                if this is None or this.cancelling():
                    raise
                # Nobody has asked for it: a client of Kafka's has ended badly.
                self._failed(TaskFailedError(f"task {task.partition} was cancelled by a client"))
                return
            except Exception as error:  # noqa: BLE001 - whatever ended the task ends the process
                self._failed(error)
                return
            else:
                return
