"""What is done to workers. Each fault leaves its job flowing; the caller drains and compares."""

import random
import signal
from collections.abc import Callable

import psutil

from tests.integration.chaos.job import Job
from workers.streaming.engine.probe import Step

__all__ = ["Fault", "freeze", "join_and_leave", "kill_after", "kill_at_random", "nothing", "poison"]

Fault = Callable[[Job], None]

_CHUNK = 50
"""Records a transaction of the counting worker covers at most, about."""


def nothing(job: Job) -> None:
    """No fault at all: shows that the comparison holds where nothing happens."""
    job.launch()
    job.progress(200)


def kill_after(step: Step) -> Fault:
    """SIGKILL right after a step of the protocol, in the third chunk."""

    def fault(job: Job) -> None:
        worker = job.launch(step, 3)
        job.until(lambda: worker.poll() is not None, f"the worker ends itself after {step.name}")
        assert worker.returncode == -signal.SIGKILL
        job.workers.remove(worker)
        job.launch()
        job.mended()
        job.progress(200)

    return fault


def kill_at_random(times: int, seed: int) -> Fault:
    """SIGKILL one of two workers again and again, now after some progress, now as it starts."""

    def fault(job: Job) -> None:
        chance = random.Random(seed)  # noqa: S311 - a fixed course of events, no secret
        job.launch()
        job.launch()
        for _ in range(times):
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
