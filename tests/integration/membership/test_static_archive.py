"""Archives with a name on a real Kafka: back within the session, and one name held twice."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.membership import static_archive
from tests.integration.membership.static_group import Group
from tests.integration.streaming.cluster import until
from workers.config.settings import KafkaSettings
from workers.streaming.topics.admin import apply_registry

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(240)]

READING = '"event":"archive.reading"'


class Archives(Group):
    """Processes that share one read model."""

    script = Path(static_archive.__file__)

    def set_up(self) -> None:
        """See ``Group``."""
        apply_registry(self.kafka)

    def reads(self, said: Path, times: int) -> None:
        """Wait until a member has been given partitions so often."""
        until(lambda: said.read_text().replace(" ", "").count(READING) >= times, "it reads")


@pytest.fixture
def group(
    kafka_cluster: KafkaSettings, unique: Callable[[str], str], tmp_path: Path
) -> Iterator[Archives]:
    """A group of its own."""
    made = Archives(kafka_cluster, unique("archives"), tmp_path)
    yield made
    made.close()


def test_a_killed_archive_comes_back_to_its_partitions_and_disturbs_nobody(
    group: Archives,
) -> None:
    """Restarted within its session it goes on where it was; the other sees no rebalance."""
    victim, first = group.launch("pod-0")
    group.reads(first, 1)
    _, said = group.launch("pod-1")
    until(lambda: len(group.members()) == 2, "two members share the partitions")
    group.reads(said, 1)
    before = group.members()
    assert sorted(before) == [f"productops-{group.name}-pod-{number}" for number in (0, 1)]
    given = said.read_text().count("archive.reading")
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    _, again = group.launch("pod-0")
    group.reads(again, 1)
    assert group.members() == before
    assert said.read_text().count("archive.reading") == given


def test_of_two_archives_with_one_name_the_earlier_ends_and_says_why(group: Archives) -> None:
    """The message names the setting and the remedy; the later one does the work."""
    earlier, said = group.launch("pod-0")
    group.reads(said, 1)
    later, theirs = group.launch("pod-0")
    until(lambda: earlier.poll() is not None, "the earlier one ends")
    assert earlier.returncode == 1
    assert f"another process has joined group productops-{group.name}" in said.read_text()
    assert "PRODUCTOPS_REPLICA=pod-0: end one of the two" in said.read_text()
    group.reads(theirs, 1)
    assert later.poll() is None
