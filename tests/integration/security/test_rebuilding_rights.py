"""What is listed for whoever replays, migrates, moves and looks is enough for its real clients."""

import asyncio
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from schemas.topics import CLASSIFIED, RECEIVED, REQUESTED, ROUTED, Topic
from tests.integration.replay.desk import Desk
from tests.integration.security.copying import Copying
from tests.integration.security.guarded import Guarded
from tests.integration.streaming.cluster import lag, read_committed, until, write
from workers.cli.main import main
from workers.delivery.outbox import Outbox
from workers.feedback.processor import FeedbackProcessor
from workers.observability.metrics import Metrics
from workers.processor import Emission, Record, Revised
from workers.runtime.rights import HOLDERS
from workers.streaming.connection.clients import client_settings
from workers.streaming.engine.role import Role
from workers.streaming.metrics_watch import MetricsWatch
from workers.streaming.rebuilding.clearing import Cleared, clear
from workers.streaming.rebuilding.migration import Migrated, migrate
from workers.streaming.rebuilding.moves import Goal, Move, Place
from workers.streaming.rebuilding.replay import Replayed, replay
from workers.streaming.rebuilding.resetting import Choice, reset
from workers.streaming.rebuilding.standings import stands
from workers.streaming.rebuilding.unused import asking, members
from workers.streaming.worker import StreamWorker

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(300)]


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


@pytest.mark.parametrize("kind", [FeedbackProcessor, Outbox])
async def test_offsets_are_moved_and_states_cleared_with_the_same_rights(
    guarded: Guarded, kind: Any
) -> None:
    """Inputs are looked at, offsets committed in the transaction, rows deleted."""
    client = client_settings(guarded.user("rebuild"))
    guarded.allow("rebuild", HOLDERS["rebuild"]())
    role = Role(Copying(kind))
    moved: list[Move] = []
    await reset(role, client, Goal(Place.LATEST), Choice(), done=moved.append)
    assert {one.partition for one in moved} == set(range(role.partitions))
    cleared: list[Cleared] = []
    await clear(role, client, done=cleared.append)
    assert len(cleared) == role.partitions


@pytest.mark.parametrize("kind", [FeedbackProcessor, Outbox])
async def test_whoever_may_only_look_sees_offsets(guarded: Guarded, kind: Any) -> None:
    """Who is in the group, and where it stands."""
    client = client_settings(guarded.user("reader"))
    guarded.allow("reader", HOLDERS["reader"]())
    role = Role(Copying(kind))
    assert await members(role.group, asking(client)) == 0
    assert len(await stands(role, client)) == 2 * role.partitions


@pytest.mark.parametrize(
    "command",
    [
        ["state", "show", "feedback", "key"],
        ["state", "clear", "feedback", "--dry-run"],
        ["state", "migrate", "feedback", "--dry-run"],
        ["replay", "feedback", "--from", "1d"],
        ["offsets", "show", "feedback"],
        ["offsets", "reset", "feedback", "--to-latest"],
    ],
)
def test_a_missing_right_is_told_in_one_line(
    guarded: Guarded, command: list[str], tmp_path: Path
) -> None:
    """With the command that lists the rights, for a user who may do nothing; and a wrong word."""
    desk = Desk(guarded.root, tmp_path, 1)
    desk.configure()
    nobody = guarded.user("nobody")
    assert nobody.ca_file is not None
    signs_in = desk.environ | {
        "KAFKA_BOOTSTRAP_SERVERS": ",".join(nobody.servers),
        "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "KAFKA_SASL_MECHANISM": nobody.mechanism,
        "KAFKA_SASL_USERNAME": "nobody",
        "KAFKA_SASL_PASSWORD": nobody.password,
        "KAFKA_SSL_CAFILE": str(nobody.ca_file),
    }
    done = CliRunner().invoke(main, command, env=signs_in)
    assert (done.exit_code, done.stdout) == (1, ""), done.stderr
    assert "Kafka does not let us" in done.stderr
    assert "`productops topics acls`" in done.stderr
    assert done.stderr.count("\n") == 1
    done = CliRunner().invoke(main, command, env=signs_in | {"KAFKA_SASL_PASSWORD": "wrong"})
    assert (done.exit_code, done.stdout) == (1, "")
    assert "refused user 'nobody'" in done.stderr
    assert done.stderr.count("\n") == 1
