"""Brokers of the suite's own: one, one behind a proxy, one on a small disk, three."""

import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import psutil

from tests.own_ports import own_ports
from workers.config.settings import KafkaSettings
from workers.streaming.broker import BrokerError, EmbeddedBroker
from workers.streaming.broker.embedded import new_cluster_id

__all__ = [
    "Broker",
    "UnmountableError",
    "behind_a_port",
    "cluster_of_three",
    "disk_of",
    "fill",
    "on_free_ports",
    "one",
]

_HEAP_MB = 256
_TRIES = 5
_WAIT_SECONDS = 120.0

T = TypeVar("T")


class UnmountableError(Exception):
    """This machine does not let us mount a disk. The message is the system's."""


@dataclass
class Broker:
    """An embedded broker that can be killed and started again where it was."""

    embedded: EmbeddedBroker
    port: int

    @property
    def kafka(self) -> KafkaSettings:
        """How it is reached."""
        return KafkaSettings(servers=(f"127.0.0.1:{self.port}",))

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        info = self.embedded.status()
        if info is not None:
            process = psutil.Process(info.pid)
            process.send_signal(signal.SIGKILL)
            process.wait(30)

    @property
    def runs(self) -> bool:
        """Whether its process lives."""
        return self.embedded.status() is not None

    def start(self) -> None:
        """Start it, again or for the first time."""
        child = self.embedded._child
        if child is not None:
            child.wait()  # killed, or ended by itself
        self.embedded.start(self.port, wait=_WAIT_SECONDS)


def on_free_ports(count: int, start: Callable[[int], T]) -> T:
    """What starts on so many ports from a first one on, begun anew where it cannot start.

    Other test sessions look for free ports, too, and may be quicker.
    """
    for _ in range(_TRIES - 1):
        try:
            return start(own_ports(count))
        except BrokerError:
            continue
    return start(own_ports(count))


def _made(home: Path, jars: Path, port: int, further: Mapping[str, str] | None = None) -> Broker:
    embedded = EmbeddedBroker(home, cache_dir=jars, heap_mb=_HEAP_MB, further=further)
    return Broker(embedded, port)


def _started(home: Path, jars: Path, port: int, further: Mapping[str, str] | None = None) -> Broker:
    broker = _made(home, jars, port, further)
    broker.start()
    return broker


@contextmanager
def one(folder: Path, jars: Path, further: Mapping[str, str] | None = None) -> Iterator[Broker]:
    """A broker. ``further``: properties of its server."""
    broker = on_free_ports(2, lambda port: _started(folder / str(port), jars, port, further))
    try:
        yield broker
    finally:
        broker.embedded.stop()


@contextmanager
def behind_a_port(folder: Path, jars: Path) -> Iterator[tuple[Broker, int, int]]:
    """A broker with a second listener, that listener's port, and the port it tells clients."""

    def start(port: int) -> Broker:
        second, told = port + 2, port + 3
        plain, behind = f"PLAINTEXT://127.0.0.1:{port}", "PROXIED://127.0.0.1"
        further = {
            "listeners": f"{plain},{behind}:{second},CONTROLLER://127.0.0.1:{port + 1}",
            "advertised.listeners": f"{plain},{behind}:{told}",
            "listener.security.protocol.map": (
                "PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT"
            ),
        }
        return _started(folder / str(port), jars, port, further)

    broker = on_free_ports(4, start)
    try:
        yield broker, broker.port + 2, broker.port + 3
    finally:
        broker.embedded.stop()


@contextmanager
def disk_of(megabytes: int, folder: Path, jars: Path) -> Iterator[tuple[Broker, Path]]:
    """A broker whose data are on a disk of this size, and where that disk is mounted.

    Raises ``UnmountableError`` where mounting is not allowed.
    """
    port = own_ports(2)
    home = folder / str(port)
    disk = home / "data"
    disk.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(disk)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
    except OSError as error:
        raise UnmountableError(str(error)) from error
    if done.returncode != 0:
        raise UnmountableError(done.stderr.strip())
    broker = _made(home, jars, port, {"log.segment.bytes": str(4 * 1024 * 1024)})
    try:
        broker.start()
        yield broker, disk
    finally:
        broker.embedded.stop()
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


@contextmanager
def cluster_of_three(folder: Path, jars: Path) -> Iterator[list[Broker]]:
    """Three brokers in one cluster: replication 3, two of which must have a write."""

    def start(first: int) -> list[Broker]:
        brokers = _three(folder / str(first), jars, first)
        try:
            with ThreadPoolExecutor(len(brokers)) as pool:
                list(pool.map(Broker.start, brokers))
        except BrokerError:
            _stop(brokers)
            raise
        return brokers

    brokers = on_free_ports(6, start)
    try:
        yield brokers
    finally:
        _stop(brokers)


def _stop(brokers: Sequence[Broker]) -> None:
    for broker in brokers:
        broker.embedded.stop()


def _three(folder: Path, jars: Path, first: int) -> list[Broker]:
    ports = [first, first + 2, first + 4]
    cluster = new_cluster_id()
    voters = ",".join(f"{node}@127.0.0.1:{port + 1}" for node, port in enumerate(ports, 1))
    return [
        Broker(
            EmbeddedBroker(
                folder / f"node-{node}",
                cache_dir=jars,
                heap_mb=_HEAP_MB,
                further=_node(node, voters),
                cluster_id=cluster,
            ),
            port,
        )
        for node, port in enumerate(ports, 1)
    ]


def _node(node: int, voters: str) -> Mapping[str, str]:
    return {
        "node.id": str(node),
        "controller.quorum.voters": voters,
        "default.replication.factor": "3",
        "min.insync.replicas": "2",
        "offsets.topic.replication.factor": "3",
        "transaction.state.log.replication.factor": "3",
        "transaction.state.log.min.isr": "2",
        "broker.session.timeout.ms": "4000",
    }


def fill(disk: Path) -> Path:
    """Fill the disk to the last byte; the file that does it."""
    ballast = disk / "ballast"
    block = b"\0" * 65_536
    with ballast.open("wb", buffering=0) as file:
        while True:
            try:
                if not file.write(block):
                    break
            except OSError:
                break
    return ballast
