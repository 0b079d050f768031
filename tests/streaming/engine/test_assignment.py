"""Which tasks an assignment makes ours."""

from aiokafka import TopicPartition

from workers.streaming.engine.assignment import parted


def tps(*names: str) -> list[TopicPartition]:
    """``a0`` is partition 0 of topic a."""
    return [TopicPartition(name[0], int(name[1])) for name in names]


def test_partitions_of_which_all_inputs_are_ours_are_tasks() -> None:
    """Every input of a partition was assigned to us."""
    assert parted(tps("a0", "b0", "a2", "b2"), {"a", "b"}) == ({0, 2}, {})


def test_a_partition_of_which_another_has_an_input_is_no_task() -> None:
    """As while a release with one more input is rolled out; what is missing is named."""
    assert parted(tps("a0", "b0", "a1"), {"a", "b"}) == ({0}, {1: {"b"}})


def test_no_assignment_is_no_task() -> None:
    """A process more than partitions owns nothing, and that is well."""
    assert parted([], {"a", "b"}) == (set(), {})
