"""State of another format version, rewritten while nobody uses it.

    1. ask      whether the role's group has members: then it is refused
    2. look     at every row of every partition: one that cannot be brought up to date refuses all
    3. fence    each task's transactional id: who starts meanwhile cannot write in between
    4. write    the rows that are of an older format, in one transaction a partition

A kill leaves each partition as it was or as it will be (of a very large one: a part), and
running it again does the rest: rows that are up to date are left alone.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from workers.processor import Codec, Upgrading
from workers.streaming.engine.probe import NO_PROBE, Probe
from workers.streaming.engine.recovery.formats import refusal
from workers.streaming.engine.recovery.restore import UnreadableRowError, read_latest
from workers.streaming.engine.role import Role
from workers.streaming.engine.transaction import FencedError, Producer
from workers.streaming.rebuilding.unused import InUseError, check_unused
from workers.streaming.rebuilding.writing import Change, write

__all__ = ["Migrated", "NothingToMigrateError", "migrate"]


class NothingToMigrateError(Exception):
    """The role keeps no state."""


@dataclass(frozen=True, slots=True)
class Migrated:
    """What was done, or would have been, in one partition."""

    partition: int
    rows: int
    upgraded: int
    """Of those, rows that were of an older format."""


async def migrate(
    role: Role,
    settings: Mapping[str, Any],
    *,
    dry_run: bool = False,
    done: Callable[[Migrated], None] = lambda _one: None,
    probe: Probe = NO_PROBE,
) -> None:
    """Bring all rows of a role's state to its codec's format; ``done`` is called a partition.

    A dry run looks only, whether the role runs or not. Raises ``NothingToMigrateError``,
    ``InUseError``, ``RestoreError`` for a row that cannot be brought up to date (then nothing was
    written), ``KafkaError``, ``TimeoutError``.
    """
    changelog, codec = role.processor.changelog, role.processor.codec
    if changelog is None:
        raise NothingToMigrateError(f"role {role.name} keeps no state: there is nothing to migrate")
    if not dry_run:
        await check_unused(role, settings)
    for partition in range(role.partitions):
        tp = TopicPartition(changelog.name, partition)
        rows, changes = await _look(settings, codec, tp)
        if dry_run:
            done(Migrated(partition, rows, len(changes)))
    if dry_run:
        return
    for partition in range(role.partitions):
        producer = Producer(f"{role.group}-{partition}", settings)
        try:
            await producer.start()
            tp = TopicPartition(changelog.name, partition)
            rows, changes = await _look(settings, codec, tp)
            await write(producer, changes, tp.topic, partition, outputs={}, probe=probe)
        except FencedError as error:
            raise InUseError(
                f"somebody has started role {role.name} meanwhile: stop it, then run the command "
                f"again; partitions before {partition} are up to date"
            ) from error
        finally:
            with suppress(KafkaError, FencedError, TimeoutError):
                await producer.stop()
        done(Migrated(partition, rows, len(changes)))


async def _look(
    settings: Mapping[str, Any], codec: Codec[Any], tp: TopicPartition
) -> tuple[int, list[Change]]:
    """How many rows there are, and those that are of an older format, brought up to date."""
    rows = await read_latest(settings, tp.topic, tp.partition)
    changes: list[Change] = []
    for key, raw in rows.items():
        try:
            now = _upgraded(codec, raw)
        except ValueError as error:
            raise UnreadableRowError(refusal(tp, codec, raw, error)) from error
        if now is not None:
            changes.append(Change(key, now))
    return len(rows), changes


def _upgraded(codec: Codec[Any], raw: bytes) -> bytes | None:
    """The row as this version writes it; ``None`` where it is so already."""
    now = codec.upgrade(raw) if isinstance(codec, Upgrading) else None
    codec.decode(raw if now is None else now)
    return now
