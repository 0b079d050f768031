"""What is listed for whoever replays and migrates is enough for its real clients."""

import asyncio
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import pytest

from schemas.topics import CLASSIFIED, RECEIVED, REQUESTED, ROUTED, Topic
from tests.integration.security.copying import Copying
from tests.integration.security.guarded import Guarded
from tests.integration.streaming.cluster import lag, read_committed, until, write
from workers.delivery.outbox import Outbox
from workers.feedback.processor import FeedbackProcessor
from workers.observability.metrics import Metrics
from workers.processor import Emission, Record, Revised
from workers.runtime.rights import HOLDERS
from workers.streaming.clients import client_settings
from workers.streaming.engine.role import Role
from workers.streaming.metrics_watch import MetricsWatch
from workers.streaming.rebuilding.migration import Migrated, migrate
from workers.streaming.rebuilding.replay import Replayed, replay
from workers.streaming.worker import StreamWorker

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(90)]


class Loud:
    """Finds everything better in capitals."""

    def __init__(self) -> None:
        self.seen: set[str] = set()

    @property
    def keys(self) -> Collection[str]:
        """Of what came."""
        return self.seen

    def take(self, events: Sequence[Record], /) -> None:
        """Remember the keys."""
        self.seen |= {(event.key or b"").decode() for event in events}

    def revise(self, key: str, row: str, now: int, /) -> Revised[str] | None:
        """In capitals, told on both topics."""
        del now
        loud = row.upper()
        told = [Emission(topic.name, key.encode(), loud.encode()) for topic in (CLASSIFIED, ROUTED)]
        return None if loud == row else Revised(loud, told)

    def differences(
        self, before: bytes | None, after: Emission, /
    ) -> Sequence[tuple[str, str, str]]:
        """What was said before can be read."""
        return [("size", (before or b"").decode(), after.value.decode())]


class LoudCopying(Copying):
    """In the place of feedback; fulfils ``Replayable``."""

    retold: Sequence[Topic] = FeedbackProcessor.retold

    def rebuild(self) -> Any:
        """See ``Replayable``."""
        return Loud()


async def live(guarded: Guarded, role: Role, folder: Path) -> None:
    """Let the role read to the end, then stop it."""
    stop = asyncio.Event()
    watch = MetricsWatch(role.name, Metrics())
    worker = StreamWorker(role, guarded.root, watch, data_dir=folder)
    running = asyncio.create_task(worker.run(stop))
    await asyncio.to_thread(until, lambda: lag(guarded.root, role.group, [RECEIVED]) == 0, "read")
    stop.set()
    await running


async def test_a_replay_and_a_migration_work_with_the_rights_listed_for_them(
    guarded: Guarded, tmp_path: Path
) -> None:
    """Offsets, inputs and state are read, outputs and state written in a transaction."""
    kafka = guarded.user("rebuild")
    guarded.allow("rebuild", HOLDERS["rebuild"]())
    role = Role(LoudCopying(FeedbackProcessor))
    written = [(f"rebuilt-{n}".encode(), b"quiet") for n in range(6)]
    await asyncio.to_thread(write, guarded.root, RECEIVED.name, written)
    await live(guarded, role, tmp_path)
    asked = len(await asyncio.to_thread(read_committed, guarded.root, REQUESTED))
    replayed: list[Replayed] = []
    await replay(role, client_settings(kafka), 0, done=replayed.append)
    assert sum(one.changed for one in replayed) >= len(written)
    assert sum(one.differences["size", "quiet", "QUIET"] for one in replayed) >= len(written)
    for topic in (CLASSIFIED, ROUTED):
        records = await asyncio.to_thread(read_committed, guarded.root, topic)
        assert {key for key, _ in written} <= {one.key for one in records if one.value == b"QUIET"}
    assert len(await asyncio.to_thread(read_committed, guarded.root, REQUESTED)) == asked
    for migrating in (role, Role(Copying(Outbox))):
        migrated: list[Migrated] = []
        await migrate(migrating, client_settings(kafka), done=migrated.append)
        assert len(migrated) == migrating.partitions
