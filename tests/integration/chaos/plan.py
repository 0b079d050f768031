"""Which faults run in which form, and on which brokers; all of them side by side."""

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.integration.brokers import (
    Broker,
    UnmountableError,
    behind_a_port,
    cluster_of_three,
    disk_of,
    one,
)
from tests.integration.chaos.faults import broker_faults, worker_faults
from tests.integration.chaos.faults.role_faults import kill_roles_at_random
from tests.integration.chaos.judging.verdict import NotRun, Outcomes
from tests.integration.chaos.world.job import Job
from tests.integration.chaos.world.proxy import Proxy
from workers.config.settings import KafkaSettings
from workers.streaming.engine.probe import Step

__all__ = ["FULL", "RANDOM_KILLS", "SHORT", "run"]

_DISK_MB = 160
_AT_A_TIME = 4
"""Jobs beside each other on one broker: as many as leave their workers some processor."""

_SHORT_KILLS = "5 SIGKILLs at random, two workers"
RANDOM_KILLS: Mapping[str, int] = {
    _SHORT_KILLS: 5,
    **{f"10 SIGKILLs at random, two workers, run {turn}": 10 for turn in range(1, 6)},
}
"""Rows with kills of workers at random, and how many kills each has to show."""

_NOTHING = {"no fault": worker_faults.nothing}
_POISON = {"poison records in every position": worker_faults.poison}
_SHORT_ON_ONE: dict[str, worker_faults.Fault] = {
    **_NOTHING,
    _SHORT_KILLS: worker_faults.kill_at_random(5, seed=1),
    "SIGSTOP for longer than the session, before the commit": worker_faults.freeze(
        Step.OFFSETS_SENT
    ),
    "two workers joining and leaving": worker_faults.join_and_leave(2),
    **_POISON,
}
_FULL_ON_ONE: dict[str, worker_faults.Fault] = {
    **_NOTHING,
    **{
        f"SIGKILL after step {step.value}, {step.name.lower().replace('_', ' ')}": (
            worker_faults.kill_after(step)
        )
        for step in Step
    },
    **{
        name: worker_faults.kill_at_random(times, seed)
        for seed, (name, times) in enumerate(RANDOM_KILLS.items())
        if name != _SHORT_KILLS
    },
    "SIGKILL while a state is restored, 3 times": worker_faults.kill_while_restoring,
    **{
        f"SIGSTOP for longer than the session, after step {step.value}": worker_faults.freeze(step)
        for step in (Step.PROCESSED, Step.BEGUN, Step.WRITTEN, Step.OFFSETS_SENT, Step.COMMITTED)
    },
    "SIGSTOP of the only worker, for longer than a transaction": worker_faults.freeze_alone,
    "two workers joining and leaving, 5 rounds": worker_faults.join_and_leave(5),
    **_POISON,
    "60,000 events waiting, SIGKILL while fetching pauses": worker_faults.press,
}
_ON_ONE = {**_SHORT_ON_ONE, **_FULL_ON_ONE}
_BEHIND = "SIGKILL within a backlog, the clock ahead"
_KILLED = "SIGKILL of the broker, started again"
_AWAY = "SIGKILL of the broker, away for longer than the session"
_ON_THREE: dict[str, Callable[[Job, list[Broker]], None]] = {
    "one broker of three gone, then another": broker_faults.lose_one_of_three,
    "SIGKILL of a worker and of the broker that coordinates its group": (
        broker_faults.lose_coordinator
    ),
}
_EACH_ROLE = 4
"""More kills of a role within some minutes than this its supervisor does not make good."""
_ROLES = f"feedback and delivery themselves, {_EACH_ROLE} SIGKILLs of each at random"
_DISK = "full disk of the broker"
_PROXIED: dict[str, Callable[[Job, Proxy], None]] = {
    "connection reset, 10 times": broker_faults.reset,
    "connection slow": broker_faults.slow,
    "connection cut for longer than the session": broker_faults.cut,
}
SHORT = [*_SHORT_ON_ONE, _BEHIND, _KILLED]
FULL = [*_FULL_ON_ONE, _BEHIND, _KILLED, _AWAY, *_ON_THREE, _DISK, *_PROXIED, _ROLES]


@dataclass(frozen=True)
class Visit:
    """Faults to be tried in one room, where its brokers may keep things, and the results."""

    names: Sequence[str]
    folder: Path
    jars: Path
    outcomes: Outcomes

    def judge(
        self,
        name: str,
        fault: worker_faults.Fault,
        kafka: KafkaSettings,
        through: KafkaSettings | None = None,
    ) -> None:
        """Try a fault; what goes wrong is told by its test."""
        try:
            with closing(Job(kafka, "chaos", self.folder, through)) as job:
                fault(job)
                self.outcomes[name] = job.verdict()
        except BaseException as error:  # noqa: BLE001 - told by the test of this fault
            self.outcomes[name] = error


Room = Callable[[Visit], None]
"""Brokers of some kind."""


def run(names: Collection[str], *, folder: Path, jars: Path) -> Outcomes:
    """Run these faults; what goes wrong in one does not stop the others."""
    outcomes: Outcomes = {}
    rooms: list[tuple[Collection[str], Room]] = [
        (_ON_ONE, _on_one_broker),
        ([_BEHIND], _alone(worker_faults.kill_behind_the_clock)),
        ([_KILLED], _killed(0.0)),
        ([_AWAY], _killed(20.0)),
        (_ON_THREE, _three),
        ([_DISK], _small_disk),
        (_PROXIED, _proxied),
        ([_ROLES], _real_roles),
    ]
    with ThreadPoolExecutor(2) as pool:
        for number, (rows, room) in enumerate(rooms):
            wanted = [name for name in rows if name in names]
            if wanted:
                place = folder / f"room-{number}"
                place.mkdir()
                pool.submit(_enter, room, Visit(wanted, place, jars, outcomes))
    return {name: outcomes[name] for name in names}


def _enter(room: Room, visit: Visit) -> None:
    try:
        room(visit)
    except Exception as error:  # noqa: BLE001 - told by the tests of what it kept from running
        for name in visit.names:
            visit.outcomes.setdefault(name, error)


def _on_one_broker(visit: Visit) -> None:
    with one(visit.folder, visit.jars) as broker, ThreadPoolExecutor(_AT_A_TIME) as pool:
        futures: list[Future[None]] = [
            pool.submit(visit.judge, name, _ON_ONE[name], broker.kafka) for name in visit.names
        ]
        for future in futures:
            future.result()


def _alone(fault: worker_faults.Fault) -> Room:
    def room(visit: Visit) -> None:
        with one(visit.folder, visit.jars) as broker:
            for name in visit.names:
                visit.judge(name, fault, broker.kafka)

    return room


def _killed(away: float) -> Room:
    def room(visit: Visit) -> None:
        with one(visit.folder, visit.jars) as broker:
            for name in visit.names:
                visit.judge(
                    name, lambda job: broker_faults.kill_broker(job, broker, away), broker.kafka
                )

    return room


def _three(visit: Visit) -> None:
    with cluster_of_three(visit.folder, visit.jars) as brokers:
        kafka = KafkaSettings(servers=tuple(f"127.0.0.1:{broker.port}" for broker in brokers))
        for name in visit.names:
            visit.judge(name, lambda job, name=name: _ON_THREE[name](job, brokers), kafka)


def _small_disk(visit: Visit) -> None:
    try:
        with disk_of(_DISK_MB, visit.folder, visit.jars) as (broker, disk):
            for name in visit.names:
                visit.judge(
                    name, lambda job: broker_faults.full_disk(job, broker, disk), broker.kafka
                )
    except UnmountableError as error:
        for name in visit.names:
            visit.outcomes[name] = NotRun(f"a small disk cannot be mounted: {error}")


def _proxied(visit: Visit) -> None:
    with behind_a_port(visit.folder, visit.jars) as (broker, second, told):
        proxy = Proxy(told, second)
        proxy.start()
        through = KafkaSettings(servers=(f"127.0.0.1:{told}",))
        for name in visit.names:
            visit.judge(
                name, lambda job, name=name: _PROXIED[name](job, proxy), broker.kafka, through
            )
        proxy.stop()


def _real_roles(visit: Visit) -> None:
    for name in visit.names:
        found = kill_roles_at_random(_EACH_ROLE, 1, visit.folder, visit.jars)
        assert found.kills == 2 * _EACH_ROLE, "not every kill was carried out"
        visit.outcomes[name] = found
