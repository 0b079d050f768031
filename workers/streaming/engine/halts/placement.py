"""Records must stand in the partitions of their keys: state is looked for there.

Invariant 9. A client with another partitioner (librdkafka's default is one) would spread the
records of one key over two tasks, each with half of its state, without any error.
"""

from collections.abc import Sequence

from schemas.partitioner import partition_for
from workers.processor import Record
from workers.streaming.engine.halts.halt import HaltError

__all__ = ["MisplacedError", "check_placement"]

_EVERY = 500


class MisplacedError(HaltError):
    """A record stands in another partition than its key belongs to."""

    remedy = (
        "give whoever writes to the topic Kafka's partitioner (librdkafka's clients: "
        "partitioner=murmur2_random), let it write those records again, stop the role, move its "
        "group behind the misplaced ones with `productops offsets reset ROLE --topic TOPIC "
        "--partition P --to-offset N`, and start it again"
    )


def check_placement(records: Sequence[Record], partitions: int, *, whole: bool) -> None:
    """Raises ``MisplacedError`` for the first record found in another partition than its key's.

    ``whole``: look at every record; otherwise at one in some hundreds, for another partitioner
    shows soon and a look costs as much as the rest of a record's way.
    """
    for record in records if whole else records[::_EVERY]:
        if record.key is None:
            continue
        belongs = partition_for(record.key, partitions)
        if belongs != record.partition:
            raise MisplacedError(
                f"{record.topic} partition {record.partition} offset {record.offset} has a key "
                f"that belongs to partition {belongs} of {partitions}: whoever wrote it spreads "
                "keys in another way, and the state of one key would be in two places"
            )
