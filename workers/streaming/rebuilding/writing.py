"""The transactions of a rebuilding, under the transactional id of the live task."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workers.processor import Emission
from workers.streaming.batches import batches
from workers.streaming.engine.probe import NO_PROBE, Probe, Step
from workers.streaming.engine.transaction import TRANSACTION_SECONDS, Producer

__all__ = ["Change", "write"]

_BATCH_ROWS = 20_000
_BATCH_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Change:
    """A row of the changelog, and the events that tell of it: written together."""

    key: bytes
    value: bytes
    emissions: Sequence[Emission] = ()

    @property
    def size(self) -> int:
        """Bytes, about."""
        return len(self.key) + len(self.value) + sum(len(one.value) for one in self.emissions)


async def write(
    producer: Producer,
    changes: Sequence[Change],
    changelog: str,
    partition: int,
    *,
    outputs: Mapping[str, int],
    probe: Probe = NO_PROBE,
) -> None:
    """Write rows and events in one transaction; in several where one would last too long.

    Each row is changed entirely or not at all, and whoever comes after an end in the middle
    finds the rows that are left. ``outputs``: partitions of the topics written to. Raises
    ``FencedError``, ``KafkaError``, and ``TimeoutError``, after which it is not known whether
    the last transaction was committed.
    """
    for batch in batches(changes, most=_BATCH_ROWS, most_bytes=_BATCH_BYTES):
        async with asyncio.timeout(TRANSACTION_SECONDS):
            await producer.begin()
            await producer.write_events((one for row in batch for one in row.emissions), outputs)
            await producer.write_rows(changelog, partition, [(row.key, row.value) for row in batch])
            await probe(Step.WRITTEN, partition)
            await producer.commit()
        await probe(Step.COMMITTED, partition)
