"""Members with a name on a real Kafka: back within the session, and one name held twice."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.membership.static_group import Group
from tests.integration.streaming.cluster import until
from tests.integration.streaming.counting_worker import PARTITIONS
from workers.config.settings import KafkaSettings

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(400)]


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
