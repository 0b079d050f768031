"""What is done to brokers and to the way to them. Each leaves its job flowing, the fault over."""

from pathlib import Path

from tests.integration.brokers import Broker, fill
from tests.integration.chaos.world.job import Job
from tests.integration.chaos.world.proxy import Proxy

__all__ = [
    "cut",
    "full_disk",
    "kill_broker",
    "lose_coordinator",
    "lose_one_of_three",
    "reset",
    "slow",
]

_LONGER_THAN_A_SESSION = 15.0


def kill_broker(job: Job, broker: Broker, away: float = 0.0) -> None:
    """SIGKILL of the only broker while events flow, then a start.

    While it is away for long, another worker is started, which has to wait for it.
    """
    job.launch()
    job.progress(300)
    _kill(job, broker)
    if away:
        job.launch()
        job.outlast(away)
    broker.start()
    job.mended()
    job.progress(300)


def lose_one_of_three(job: Job, brokers: list[Broker]) -> None:
    """SIGKILL of one broker of three, which stays away; then it comes back and another goes."""
    job.launch()
    job.progress(300)
    _kill(job, brokers[0])
    job.progress(600)
    brokers[0].start()
    job.progress(300)
    _kill(job, brokers[1])
    job.mended()
    job.progress(600)
    brokers[1].start()


def lose_coordinator(job: Job, brokers: list[Broker]) -> None:
    """SIGKILL of one of two workers and, at once, of the broker that coordinates their group.

    The broker stays away: the others have to find out by themselves that the worker is gone.
    """
    job.launch()
    worker = job.launch()
    job.shared_by(2)
    job.progress(300)
    coordinator = brokers[job.coordinator() - 1]
    job.kill(worker)
    _kill(job, coordinator)
    job.mended()
    job.progress(600)
    coordinator.start()


def full_disk(job: Job, broker: Broker, disk: Path) -> None:
    """No byte left until the broker ends; then space is made and it is started again."""
    job.launch()
    job.progress(300)
    ballast = fill(disk)
    job.until(lambda: not broker.runs, "the broker ends without disk space")
    ballast.unlink()
    broker.start()
    job.mended()
    job.progress(300)


def reset(job: Job, proxy: Proxy, times: int = 10) -> None:
    """Every connection of the worker is reset, again and again."""
    job.launch()
    for _ in range(times):
        job.progress(100)
        proxy.reset()
    job.mended()
    job.progress(100)


def slow(job: Job, proxy: Proxy) -> None:
    """Every piece is held up on its way for a while."""
    job.launch()
    job.progress(200)
    proxy.slow(on=True)
    job.progress(400)
    proxy.slow(on=False)
    job.mended()
    job.progress(200)


def cut(job: Job, proxy: Proxy) -> None:
    """Nothing passes for longer than a session, as behind a broken cable; then all flows again."""
    job.launch()
    job.progress(200)
    proxy.cut(on=True)
    job.outlast(_LONGER_THAN_A_SESSION)
    proxy.cut(on=False)
    job.mended()
    job.progress(300)


def _kill(job: Job, broker: Broker) -> None:
    broker.kill()
    job.kills += 1
