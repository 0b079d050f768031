"""A feedback role that halts, as its operator sees it: its log, its address, the way out named."""

import json
import shlex
from collections.abc import Mapping
from typing import Any

from kafka import TopicPartition
from kafka.structs import OffsetAndMetadata

from schemas.topics import RECEIVED
from tests.integration.replay.desk import GROUP, Desk
from tests.integration.streaming.cluster import until
from workers.streaming.topics.admin import ClusterError, apply_registry, connect

__all__ = ["HaltedRole"]


class HaltedRole:
    """What is done to a desk's role, and what it says."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._seen = 0

    def start(self) -> None:
        """Start it; what it said before is of no interest from now on."""
        self._seen = len(self._log())
        self.desk.start()

    def ready(self) -> int:
        """Status of ``/readyz``; 0 where nobody answers."""
        return self.desk.readiness()

    def halted(self) -> dict[str, Any]:
        """Wait until it halts; what it has logged of that."""
        until(lambda: bool(self._halts()), "the role says that it halts")
        return self._halts()[0]

    def way_out(self, *words: str, **values: str) -> list[str]:
        """The command in the logged remedy that has these words, with ``values`` put in."""
        named = self.halted()["remedy"].split("`")[1::2]
        command = next(one for one in named if all(word in one for word in words))
        for name, value in values.items():
            command = command.replace(name, value)
        program, *arguments = shlex.split(command)
        assert program == "productops"
        return arguments

    def offsets(self) -> Mapping[TopicPartition, Any]:
        """What the group has committed, with metadata, by partition of the input."""
        with connect(self.desk.kafka) as admin:
            found = admin.list_group_offsets([GROUP]).get(GROUP, {})
        return {
            tp: one for tp, one in found.items() if tp.topic == RECEIVED.name and one.offset >= 0
        }

    def lose_records(self) -> None:
        """Remove everything that the input holds, as retention would."""
        with connect(self.desk.kafka) as admin:
            admin.delete_records(
                {TopicPartition(RECEIVED.name, one): -1 for one in range(RECEIVED.partitions)}
            )

    def stand_beyond(self, records: int) -> None:
        """Leave the group so far behind the ends, as brokers do that have lost records."""
        beyond = {
            tp: OffsetAndMetadata(one.offset + records, one.metadata, None)
            for tp, one in self.offsets().items()
        }
        with connect(self.desk.kafka) as admin:
            admin.alter_group_offsets(GROUP, beyond)

    def make_anew(self) -> None:
        """Delete the input, and with it the group's offsets; create it again."""
        with connect(self.desk.kafka) as admin:
            admin.delete_topics([RECEIVED.name])
        until(lambda: not self.offsets(), "the offsets are gone with the topic")
        until(self._made, "the topic is there again")

    def _made(self) -> bool:
        try:
            return not apply_registry(self.desk.kafka).refused
        except ClusterError:  # the old one is still being deleted
            return False

    def lose_offsets(self) -> None:
        """Delete the group once nobody is in it."""
        with connect(self.desk.kafka) as admin:
            admin.delete_groups([GROUP])

    def _log(self) -> list[dict[str, Any]]:
        file = self.desk.folder / "role.log"
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        whole, _, _ = text.rpartition("\n")  # the last line may be half written
        return [json.loads(line) for line in whole.splitlines() if line.startswith("{")]

    def _halts(self) -> list[dict[str, Any]]:
        return [one for one in self._log()[self._seen :] if one["event"] == "task_halted"]
