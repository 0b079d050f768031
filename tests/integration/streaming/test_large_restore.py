"""A changelog larger than what is held undecoded, read back from a real Kafka."""

from collections.abc import Callable

import pytest

from schemas.topics import Cleanup, Topic
from tests.integration.streaming.cluster import write
from workers.config.settings import KafkaSettings
from workers.streaming.connection.clients import client_settings
from workers.streaming.engine.recovery.restore import restore
from workers.streaming.topics.admin import apply_registry

pytestmark = pytest.mark.kafka

ROUNDS = 9
KEYS = 120
ROW_BYTES = 10_000


class ByteCodec:
    """Rows are bytes; remembers how many were decoded."""

    decoded = 0

    def encode(self, row: bytes, /) -> bytes:
        return row

    def decode(self, raw: bytes, /) -> bytes:
        self.decoded += 1
        return raw


def row(turn: int, number: int) -> bytes | None:
    """A key's row of a round; some are deleted in some rounds, those of the last one for good."""
    if (turn + number) % 5 == 0:
        return None
    return f"{turn}/{number}".encode().ljust(ROW_BYTES, b".")


async def test_a_large_changelog_comes_back_in_pieces(
    kafka_cluster: KafkaSettings, unique: Callable[[str], str]
) -> None:
    """Each key's last row comes back although earlier ones were decoded pieces before.

    Rows that were written again soon are not decoded: 9 rounds are 10 MB, held 4 MiB at a time.
    """
    topic = Topic(unique("large"), "key", "state", partitions=1, cleanup=Cleanup.COMPACT)
    apply_registry(kafka_cluster, [topic])
    for turn in range(ROUNDS):
        rows = [(f"k{number}".encode(), row(turn, number)) for number in range(KEYS)]
        write(kafka_cluster, topic.name, rows)

    codec, held = ByteCodec(), list[int]()
    state, read = await restore(
        client_settings(kafka_cluster), topic.name, 0, codec, check=held.append
    )

    last = {f"k{number}": row(ROUNDS - 1, number) for number in range(KEYS)}
    assert state.rows == {key: value for key, value in last.items() if value is not None}
    assert (state.position, read) == (ROUNDS * KEYS, ROUNDS * KEYS)
    assert max(held) <= 2 * KEYS
    assert len(held) > 2, "memory is looked at on the way, not only at the end"
    assert KEYS < codec.decoded < ROUNDS * KEYS / 2
