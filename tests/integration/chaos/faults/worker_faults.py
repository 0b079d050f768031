"""What is done to workers. Each fault leaves its job flowing; the caller drains and compares."""

import random
import signal
from collections.abc import Callable

import psutil

from tests.integration.chaos.world.job import Job
from workers.streaming.engine.probe import Step

__all__ = [
    "Fault",
    "freeze",
    "freeze_alone",
    "join_and_leave",
    "kill_after",
    "kill_at_random",
    "kill_behind_the_clock",
    "kill_while_restoring",
    "nothing",
    "poison",
    "press",
]

Fault = Callable[[Job], None]

_CHUNK = 50
"""Records a transaction of the worker covers at most, about."""
_LONGER_THAN_A_TRANSACTION = 45.0
"""A broker ends a transaction after 30 seconds, and looks for such ones every ten."""
_BACKLOG = 60_000
_OLDER = 4_000


def nothing(job: Job) -> None:
    """No fault at all: shows that the comparison holds where nothing happens."""
    job.launch()
    job.progress(200)


def kill_after(step: Step) -> Fault:
    """SIGKILL right after a step of the protocol, in the third chunk."""

    def fault(job: Job) -> None:
        worker = job.launch(step, 3)
        job.killed(worker, f"after {step.name}")
        job.launch()
        job.mended()
        job.progress(200)

    return fault


def kill_at_random(times: int, seed: int) -> Fault:
    """SIGKILL one of two workers again and again, now after some progress, now as it starts.

    A worker that ends by itself before it is killed makes no kill: another is chosen then.
    """

    def fault(job: Job) -> None:
        chance = random.Random(seed)  # noqa: S311 - a fixed course of events, no secret
        job.launch()
        job.launch()
        while job.kills < times:
            victim = chance.choice(job.workers)
            if chance.random() < 0.3:
                job.until(lambda worker=victim: job.opened(worker), "the worker has connected")
            else:
                job.progress(chance.randrange(1, 400))
            if victim in job.workers:
                job.kill(victim)
                job.launch()
        job.mended()

    return fault


def freeze(step: Step) -> Fault:
    """SIGSTOP in the middle of a chunk until another owns everything, then SIGCONT.

    The woken owner changes nothing, joins again, and later does all the work alone.
    """

    def fault(job: Job) -> None:
        sleeper = job.launch(step, 5, signal.SIGSTOP)
        process = psutil.Process(sleeper.pid)
        job.until(lambda: process.status() == psutil.STATUS_STOPPED, "the worker freezes itself")
        other = job.launch()
        job.drain()  # cannot end before the other has taken the frozen owner's tasks over
        job.hold()
        before = job.committed()
        sleeper.send_signal(signal.SIGCONT)
        job.shared_by(2)
        assert job.committed() == before, "the woken owner wrote"
        job.flow()
        job.progress(300)
        assert job.leave(other) == 0
        job.mended()
        job.progress(300)
        assert job.workers == [sleeper], "the woken owner ended"

    return fault


def freeze_alone(job: Job) -> None:
    """SIGSTOP of the only worker until the broker has ended its transaction and its membership.

    Nobody takes its place. Woken, the same process goes on.
    """
    sleeper = job.launch(Step.OFFSETS_SENT, 5, signal.SIGSTOP)
    process = psutil.Process(sleeper.pid)
    job.until(lambda: process.status() == psutil.STATUS_STOPPED, "the worker freezes itself")
    job.outlast(_LONGER_THAN_A_TRANSACTION)
    sleeper.send_signal(signal.SIGCONT)
    job.mended()
    job.progress(300)
    assert job.workers == [sleeper], "the woken worker ended"


def kill_while_restoring(job: Job) -> None:
    """SIGKILL in the middle of a changelog of several fetches, three times at other rows of it."""
    worker = job.launch(options={"row-bytes": 8_192})
    job.progress(4_000)
    assert job.leave(worker) == 0
    for row in (1, 20, 60):
        killed = job.launch(options={"row-bytes": 8_192, "kill-row": row}, standby=False)
        job.killed(killed, f"at row {row} of its restore")
    job.launch(options={"row-bytes": 8_192})
    job.mended()
    job.progress(300)


def kill_behind_the_clock(job: Job) -> None:
    """SIGKILL within a backlog that is older than what the clock has told already.

    The next owner has to know the time without another tick, so no other job may tick beside it.
    """
    job.hold()
    job.feed([False] * _OLDER)
    job.tick_off()
    worker = job.launch(Step.COMMITTED, 40)
    job.killed(worker, "within the backlog")
    job.launch()
    job.mended()


def press(job: Job) -> None:
    """More waits than a task takes in: fetching pauses, and the worker is killed meanwhile."""
    job.hold()
    job.feed([False] * _BACKLOG)
    job.tick_off()
    worker = job.launch(options={"slow": 1})
    job.until(lambda: "inbox_paused" in job.told, "fetching pauses")
    job.kill(worker)
    job.launch()
    job.mended()


def join_and_leave(rounds: int) -> Fault:
    """A second worker joins, the first leaves in good order, and so on, while events flow."""

    def fault(job: Job) -> None:
        staying = job.launch()
        job.progress(100)
        for _ in range(rounds):
            leaving, staying = staying, job.launch()
            job.shared_by(2)
            job.progress(200)
            assert job.leave(leaving) == 0
            job.mended()
            job.progress(200)

    return fault


def poison(job: Job) -> None:
    """Poison in every position of a chunk's length, first, last, in runs, and as all there is."""
    alone = [position == turn for turn in range(_CHUNK) for position in range(_CHUNK)]
    runs = [number % 7 < 3 for number in range(_CHUNK * 2)]
    job.hold()
    job.feed([True, *alone, *([True] * 64), *alone[: _CHUNK * 2], *runs, True])
    job.launch()
    job.mended()
