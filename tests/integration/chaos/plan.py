"""Which faults run in which form, and on which brokers; all of them side by side."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from tests.integration.chaos import broker_faults, worker_faults
from tests.integration.chaos.brokers import behind_a_port, cluster_of_three, disk_of, one
from tests.integration.chaos.job import Job, Verdict
from tests.integration.chaos.proxy import Proxy
from workers.config.settings import KafkaSettings
from workers.streaming.engine.probe import Step

__all__ = ["FULL", "SHORT", "Outcomes", "run"]

Outcomes = dict[str, "Verdict | BaseException"]

_DISK_MB = 160
_KILLED_PER_JOB = 10
_AT_A_TIME = 4
"""Jobs beside each other on one broker: as many as leave their workers some processor."""

SHORT_ON_ONE: dict[str, worker_faults.Fault] = {
    "no fault": worker_faults.nothing,
    "5 SIGKILLs at random, two workers": worker_faults.kill_at_random(5, seed=1),
    "SIGSTOP for longer than the session, before the commit": worker_faults.freeze(
        Step.OFFSETS_SENT
    ),
    "two workers joining and leaving": worker_faults.join_and_leave(2),
    "poison records in every position": worker_faults.poison,
}
FULL_ON_ONE: dict[str, worker_faults.Fault] = {
    "no fault": worker_faults.nothing,
    **{
        f"SIGKILL after step {step.value}, {step.name.lower().replace('_', ' ')}": (
            worker_faults.kill_after(step)
        )
        for step in Step
    },
    **{
        f"{_KILLED_PER_JOB} SIGKILLs at random, two workers, run {run}": (
            worker_faults.kill_at_random(_KILLED_PER_JOB, seed=run)
        )
        for run in range(1, 6)
    },
    **{
        f"SIGSTOP for longer than the session, after step {step.value}": worker_faults.freeze(step)
        for step in (Step.PROCESSED, Step.BEGUN, Step.WRITTEN, Step.OFFSETS_SENT, Step.COMMITTED)
    },
    "two workers joining and leaving, 5 rounds": worker_faults.join_and_leave(5),
    "poison records in every position": worker_faults.poison,
}
_KILLED = "SIGKILL of the broker, started again"
_AWAY = "SIGKILL of the broker, away for longer than the session"
_THREE = "one broker of three gone, then another"
_DISK = "full disk of the broker"
_RESET = "connection reset, 10 times"
_SLOW = "connection slow"
_CUT = "connection cut for longer than the session"
SHORT = [*SHORT_ON_ONE, _KILLED]
FULL = [*FULL_ON_ONE, _KILLED, _AWAY, _THREE, _DISK, _RESET, _SLOW, _CUT]


def run(*, full: bool, folder: Path, jars: Path) -> Outcomes:
    """Run every fault of the form; what went wrong in one does not stop the others."""
    outcomes: Outcomes = {}
    rooms = [_on_one_broker(FULL_ON_ONE if full else SHORT_ON_ONE), _killed(_KILLED, 0.0)]
    if full:
        rooms += [_killed(_AWAY, 20.0), _three, _small_disk, _proxied]
    with ThreadPoolExecutor(2) as pool:
        for future in [
            pool.submit(room, _made(folder / f"room-{number}"), jars, outcomes)
            for number, room in enumerate(rooms)
        ]:
            future.result()
    return outcomes


Room = Callable[[Path, Path, Outcomes], None]


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _judge(
    name: str,
    outcomes: Outcomes,
    fault: worker_faults.Fault,
    *,
    kafka: KafkaSettings,
    folder: Path,
    through: KafkaSettings | None = None,
) -> None:
    try:
        with closing(Job(kafka, "chaos", folder, through)) as job:
            fault(job)
            outcomes[name] = job.verdict()
    except BaseException as error:  # noqa: BLE001 - told by the test of this fault
        outcomes[name] = error


def _on_one_broker(faults: dict[str, worker_faults.Fault]) -> Room:
    def room(folder: Path, jars: Path, outcomes: Outcomes) -> None:
        with one(folder, jars) as broker, ThreadPoolExecutor(_AT_A_TIME) as pool:
            futures: list[Future[None]] = [
                pool.submit(_judge, name, outcomes, fault, kafka=broker.kafka, folder=folder)
                for name, fault in faults.items()
            ]
            for future in futures:
                future.result()

    return room


def _killed(name: str, away: float) -> Room:
    def room(folder: Path, jars: Path, outcomes: Outcomes) -> None:
        with one(folder, jars) as broker:
            _judge(
                name,
                outcomes,
                lambda job: broker_faults.kill_broker(job, broker, away),
                kafka=broker.kafka,
                folder=folder,
            )

    return room


def _three(folder: Path, jars: Path, outcomes: Outcomes) -> None:
    with cluster_of_three(folder, jars) as brokers:
        kafka = KafkaSettings(servers=tuple(f"127.0.0.1:{broker.port}" for broker in brokers))
        _judge(
            _THREE,
            outcomes,
            lambda job: broker_faults.lose_one_of_three(job, brokers),
            kafka=kafka,
            folder=folder,
        )


def _small_disk(folder: Path, jars: Path, outcomes: Outcomes) -> None:
    try:
        with disk_of(_DISK_MB, folder, jars) as (broker, disk):
            _judge(
                _DISK,
                outcomes,
                lambda job: broker_faults.full_disk(job, broker, disk),
                kafka=broker.kafka,
                folder=folder,
            )
    except PermissionError as error:
        outcomes[_DISK] = error


def _proxied(folder: Path, jars: Path, outcomes: Outcomes) -> None:
    with behind_a_port(folder, jars) as (broker, second, told):
        proxy = Proxy(told, second)
        proxy.start()
        through = KafkaSettings(servers=(f"127.0.0.1:{told}",))
        faults = {_RESET: broker_faults.reset, _SLOW: broker_faults.slow, _CUT: broker_faults.cut}
        for name, fault in faults.items():
            _judge(
                name,
                outcomes,
                lambda job, fault=fault: fault(job, proxy),
                kafka=broker.kafka,
                folder=folder,
                through=through,
            )
        proxy.stop()
