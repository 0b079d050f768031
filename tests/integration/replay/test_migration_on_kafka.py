"""State of an older format: refused at the start, migrated while nobody uses it."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.integration.replay.two_formats import Noting
from tests.integration.streaming.cluster import read_committed, until, write
from workers.config.settings import KafkaSettings
from workers.streaming.connection.clients import client_settings
from workers.streaming.engine.recovery.restore import RestoreError, restore
from workers.streaming.engine.role import Role
from workers.streaming.inspection import inspect_row
from workers.streaming.rebuilding.migration import Migrated, migrate
from workers.streaming.rebuilding.unused import InUseError
from workers.streaming.topics.admin import ClusterError, apply_registry, connect

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(300)]

KEYS = [f"key-{number}" for number in range(12)]


class Old:
    """A role with rows in its changelog, and what is done to them."""

    def __init__(self, kafka: KafkaSettings, name: str) -> None:
        self.kafka = kafka
        self.name = name
        self.role = Role(Noting(name))
        self.client = client_settings(kafka)
        changelog = self.role.processor.changelog
        assert changelog is not None
        self.changelog = changelog
        apply_registry(kafka, [changelog, *self.role.inputs])

    def write(self, *rows: tuple[str, str]) -> None:
        """Rows as some version wrote them."""
        write(self.kafka, self.changelog.name, [(key.encode(), row.encode()) for key, row in rows])

    def rows(self) -> dict[str, str]:
        """The latest row of each key."""
        records = read_committed(self.kafka, self.changelog)
        return {record.key.decode(): record.value.decode() for record in records}

    def migrate(self, *, dry_run: bool = False) -> list[Migrated]:
        """Migrate in this process."""
        done: list[Migrated] = []
        asyncio.run(migrate(self.role, self.client, dry_run=dry_run, done=done.append))
        return done

    def start(self, what: str) -> "subprocess.Popen[str]":
        """The role, or a migration that dies, as a process."""
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.integration.replay.two_formats",
                what,
                self.name,
                ",".join(self.kafka.servers),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def members(self) -> int:
        """How many are in the group."""
        try:
            with connect(self.kafka) as admin:
                found = admin.describe_groups([self.role.group])
        except ClusterError:  # the group's coordinator is being made
            return 0
        return len(found[self.role.group]["members"])


@pytest.fixture
def old(kafka_cluster: KafkaSettings, unique: Callable[[str], str]) -> Old:
    """A role of its own."""
    return Old(kafka_cluster, unique("old"))


def test_an_old_format_is_refused_at_the_start_with_the_command(old: Old) -> None:
    """The process ends at once and says where, which formats, and what to run."""
    old.write(*((key, f"1|{key}") for key in KEYS))
    role = old.start("run")
    out, _ = role.communicate(timeout=120)
    assert role.returncode == 1
    assert f"{old.changelog.name} partition" in out
    assert "holds rows of format 1, this version has 2" in out
    assert f"`productops state migrate {old.name}`" in out
    assert old.rows() == {key: f"1|{key}" for key in KEYS}


def test_rows_are_migrated_once(old: Old) -> None:
    """A dry run counts; a run rewrites; the role can start; a second run finds nothing to do."""
    old.write(*((key, f"1|{key}") for key in KEYS), ("new", "2|NEW"))
    assert sum(one.upgraded for one in old.migrate(dry_run=True)) == len(KEYS)
    assert old.rows()["key-0"] == "1|key-0"
    done = old.migrate()
    assert (sum(one.rows for one in done), sum(one.upgraded for one in done)) == (13, 12)
    assert old.rows() == {key: f"2|{key.upper()}" for key in KEYS} | {"new": "2|NEW"}
    assert sum(one.upgraded for one in old.migrate()) == 0
    found = asyncio.run(inspect_row(old.client, old.role.processor, "key-3"))
    assert found.row == "KEY-3"


def test_a_kill_before_the_commit_leaves_the_old_rows(old: Old) -> None:
    """What was written and not committed is nowhere; running it again does all of it."""
    old.write(*((key, f"1|{key}") for key in KEYS))
    killed = old.start("migrate")
    killed.communicate(timeout=120)
    assert killed.returncode == -signal.SIGKILL
    assert sum(one.upgraded for one in old.migrate(dry_run=True)) == len(KEYS)
    old.migrate()
    assert old.rows() == {key: f"2|{key.upper()}" for key in KEYS}


@pytest.mark.parametrize(
    ("row", "told"), [("3|x", "run the version that wrote them"), ("rubbish", "cannot be read")]
)
def test_a_row_that_nobody_can_bring_up_to_date_refuses_all(old: Old, row: str, told: str) -> None:
    """A newer format, or no row at all: nothing of any partition is written."""
    old.write(*((key, f"1|{key}") for key in KEYS), ("odd", row))
    with pytest.raises(RestoreError, match=told):
        old.migrate()
    assert old.rows() == {key: f"1|{key}" for key in KEYS} | {"odd": row}
    partition = next(
        r.partition for r in read_committed(old.kafka, old.changelog) if r.key == b"odd"
    )
    with pytest.raises(RestoreError):
        asyncio.run(restore(old.client, old.changelog.name, partition, Noting.codec))


def test_a_running_role_is_not_migrated(old: Old) -> None:
    """It is refused with how many run; a look without writing is allowed."""
    old.write(("key", "2|KEY"))
    role = old.start("run")
    try:
        until(lambda: old.members() == 1, "the role is in its group")
        with pytest.raises(InUseError, match="1 in group"):
            old.migrate()
        assert sum(one.rows for one in old.migrate(dry_run=True)) == 1
    finally:
        role.send_signal(signal.SIGTERM)
        role.communicate(timeout=60)
    assert role.returncode == 0
    assert sum(one.upgraded for one in old.migrate()) == 0
