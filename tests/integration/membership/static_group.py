"""A group whose members have names, each a process of the tests."""

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from schemas.topics import CLOCK_TICKED
from tests.integration.membership import static_worker
from tests.integration.streaming.cluster import lag, until, write
from tests.integration.streaming.counting_worker import topics
from workers.config.settings import KafkaSettings
from workers.streaming.topics.admin import ClusterError, apply_registry, connect

__all__ = ["SESSION_SECONDS", "Group"]

SESSION_SECONDS = 280
"""Longer than the tests wait for anything: what happens does not happen because it is over."""


class Group:
    """A counting worker's group; its processes write what they say into files."""

    script = Path(static_worker.__file__)

    def __init__(self, kafka: KafkaSettings, name: str, folder: Path) -> None:
        self.kafka = kafka
        self.name = name
        self._folder = folder
        self._written = 0
        self._open = ExitStack()
        self.set_up()

    def set_up(self) -> None:
        """What has to be there before a member is."""
        apply_registry(self.kafka, [*topics(self.name), CLOCK_TICKED])

    def launch(self, replica: str) -> tuple[subprocess.Popen[bytes], Path]:
        """Start a member under a name; the process and the file of its words."""
        said = self._folder / f"{replica}-{os.urandom(3).hex()}.log"
        with said.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, str(self.script), "--name", self.name],
                env={
                    **os.environ,
                    "PYTHONPATH": str(self.script.parents[3]),
                    "KAFKA_BOOTSTRAP_SERVERS": ",".join(self.kafka.servers),
                    "PRODUCTOPS_REPLICA": replica,
                    "PRODUCTOPS_SESSION_SECONDS": str(SESSION_SECONDS),
                    "PRODUCTOPS_STATE_DIR": str(self._folder),
                },
                stdout=log,
                stderr=log,
            )
        self._open.callback(process.wait)
        self._open.callback(process.kill)  # before the wait
        return process, said

    def work(self, members: int) -> None:
        """Wait until so many members share the partitions, then for each to have done some."""
        until(lambda: len(self.members()) == members, f"{members} members share the partitions")
        rows = [(f"{self._written + n}".encode(), b'{"n": 1}') for n in range(40)]
        self._written += len(rows)
        write(self.kafka, topics(self.name)[0].name, rows)
        group = f"productops-{self.name}"
        until(lambda: lag(self.kafka, group, topics(self.name)[:1]) == 0, "all is processed")

    def members(self) -> dict[str, Any]:
        """What each member of the stable group has, by its static id."""
        group = f"productops-{self.name}"
        try:
            with connect(self.kafka) as admin:
                found = admin.describe_groups([group])[group]
        except ClusterError:  # the group's coordinator is being made
            return {}
        if found["group_state"] != "Stable":
            return {}
        return {one["group_instance_id"]: one["member_assignment"] for one in found["members"]}

    def close(self) -> None:
        """End all processes."""
        self._open.close()
