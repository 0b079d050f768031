"""Members with a name on a real Kafka: back within the session, and one name held twice."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from schemas.topics import CLOCK_TICKED
from tests.integration.membership import static_worker
from tests.integration.streaming.cluster import lag, until, write
from tests.integration.streaming.counting_worker import PARTITIONS, topics
from workers.config.settings import KafkaSettings
from workers.streaming.topics.admin import ClusterError, apply_registry, connect

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(400)]

SCRIPT = Path(static_worker.__file__)
SESSION_SECONDS = 280
"""Longer than the tests wait for anything: what happens does not happen because it is over."""


class Group:
    """A counting worker's group; its processes write what they say into files."""

    def __init__(self, kafka: KafkaSettings, name: str, folder: Path) -> None:
        self.kafka = kafka
        self.name = name
        self._folder = folder
        self._written = 0
        self._open = ExitStack()
        apply_registry(kafka, [*topics(name), CLOCK_TICKED])

    def launch(self, replica: str) -> tuple[subprocess.Popen[bytes], Path]:
        """Start a member under a name; the process and the file of its words."""
        said = self._folder / f"{replica}-{os.urandom(3).hex()}.log"
        with said.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, str(SCRIPT), "--name", self.name],
                env={
                    **os.environ,
                    "PYTHONPATH": str(SCRIPT.parents[3]),
                    "KAFKA_BOOTSTRAP_SERVERS": ",".join(self.kafka.servers),
                    "PRODUCTOPS_REPLICA": replica,
                    "PRODUCTOPS_SESSION_SECONDS": str(SESSION_SECONDS),
                },
                stdout=log,
                stderr=log,
            )
        self._open.callback(process.wait)
        self._open.callback(process.kill)  # before the wait
        return process, said

    def work(self, members: int) -> None:
        """Wait until so many members share the partitions, then for each to have done some."""
        until(lambda: len(self.members()) == members, f"{members} members share the partitions")
        rows = [(f"{self._written + n}".encode(), b'{"n": 1}') for n in range(40)]
        self._written += len(rows)
        write(self.kafka, topics(self.name)[0].name, rows)
        group = f"productops-{self.name}"
        until(lambda: lag(self.kafka, group, topics(self.name)[:1]) == 0, "all is processed")

    def members(self) -> dict[str, Any]:
        """What each member of the stable group has, by its static id."""
        group = f"productops-{self.name}"
        try:
            with connect(self.kafka) as admin:
                found = admin.describe_groups([group])[group]
        except ClusterError:  # the group's coordinator is being made
            return {}
        if found["group_state"] != "Stable":
            return {}
        return {one["group_instance_id"]: one["member_assignment"] for one in found["members"]}

    def close(self) -> None:
        """End all processes."""
        self._open.close()


@pytest.fixture
def group(
    kafka_cluster: KafkaSettings, unique: Callable[[str], str], tmp_path: Path
) -> Iterator[Group]:
    """A group of its own."""
    made = Group(kafka_cluster, unique("static"), tmp_path)
    yield made
    made.close()


def test_a_killed_member_comes_back_to_its_partitions_and_disturbs_nobody(group: Group) -> None:
    """Restarted within its session it goes on where it was; the other sees no rebalance."""
    victim, _ = group.launch("pod-0")
    _, said = group.launch("pod-1")
    group.work(members=2)
    before, assignments = group.members(), said.read_text().count("assigned")
    assert len(before) == 2 <= PARTITIONS
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    group.launch("pod-0")
    group.work(members=2)
    assert group.members() == before
    assert said.read_text().count("assigned") == assignments > 0


def test_of_two_processes_with_one_name_the_earlier_ends_and_says_why(group: Group) -> None:
    """The message names the setting and the remedy; the later one does the work."""
    earlier, said = group.launch("pod-0")
    group.work(members=1)
    later, _ = group.launch("pod-0")
    until(lambda: earlier.poll() is not None, "the earlier one ends")
    assert earlier.returncode == 1
    assert f"another process has joined group productops-{group.name}" in said.read_text()
    assert "PRODUCTOPS_REPLICA=pod-0: end one of the two" in said.read_text()
    group.work(members=1)
    assert later.poll() is None
