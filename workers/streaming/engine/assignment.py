"""Whether the inputs of a task were assigned together. Pure."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from aiokafka import TopicPartition

__all__ = ["parted"]


def parted(
    tps: Iterable[TopicPartition], inputs: AbstractSet[str]
) -> tuple[AbstractSet[int], Mapping[int, AbstractSet[str]]]:
    """The partitions of which every input is among ``tps``, and what of the others is missing.

    Whoever has the rest is another member of the group, as while a release with one more input
    is rolled out: two tasks would fence each other, or one would work without an input.
    """
    given: dict[int, set[str]] = {}
    for tp in tps:
        given.setdefault(tp.partition, set()).add(tp.topic)
    missing = {part: inputs - topics for part, topics in given.items() if inputs - topics}
    return given.keys() - missing.keys(), missing
