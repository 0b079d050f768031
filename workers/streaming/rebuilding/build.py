"""What today's rules make of one partition's history. Pure; nothing is written here."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import TopicPartition

from schemas.topics import MAX_RECORD_BYTES
from workers.processor import Emission, Processor, Record, Replayable, Revised
from workers.streaming.engine.evaluation.evaluate import record_bytes
from workers.streaming.engine.recovery.formats import refusal
from workers.streaming.engine.recovery.restore import RestoreError, UnreadableRowError
from workers.streaming.rebuilding.writing import Change

__all__ = ["Build", "Plan"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is different, row by row."""

    looked: int
    """Rows that were decided anew."""
    changes: Sequence[Change] = ()


@dataclass(frozen=True, slots=True)
class _Revision:
    """What became of a row as it was when it was looked at."""

    raw: bytes
    change: Change | None


class Build:
    """The history of one partition, taken in chunk by chunk, and what follows from it."""

    def __init__(self, processor: Processor[Any, Any], replay: Replayable, partition: int) -> None:
        if processor.changelog is None:
            raise ValueError(f"role {processor.name} keeps no state")
        self.records = 0
        """Records taken in."""
        self.unreadable = 0
        """Records that are no event or cannot be handled: they have their dead letters already."""
        self._processor = processor
        self._tp = TopicPartition(processor.changelog.name, partition)
        self._retold = {topic.name for topic in replay.retold}
        self._rebuild = replay.rebuild()
        self._revisions: dict[str, _Revision] = {}

    def take(self, records: Sequence[Record]) -> None:
        """Take records of the role's inputs in, in the order of the partition."""
        self.records += len(records)
        events: list[Any] = []
        for record in records:
            try:
                events.append(self._processor.decode(record))
            except Exception:  # noqa: BLE001 - whatever it is: the live role has told it
                self.unreadable += 1
        try:
            self._rebuild.take(events)
        except Exception:  # noqa: BLE001 - then whoever can be taken in is
            for event in events:
                try:
                    self._rebuild.take([event])
                except Exception:  # noqa: BLE001 - as above
                    self.unreadable += 1

    def plan(self, rows: Mapping[bytes, bytes], now: int) -> Plan:
        """What has to be written where these are the rows of the changelog.

        A row that is as it was when ``plan`` was asked last is not decided a second time.
        Raises ``RestoreError`` for a row that this version cannot read.
        """
        looked, changes = 0, list[Change]()
        for key in self._rebuild.keys:
            raw = rows.get(key.encode())
            if raw is None:
                continue  # deleted when its time had come, or never taken in
            looked += 1
            revision = self._revisions.get(key)
            if revision is None or revision.raw != raw:
                revision = self._revisions[key] = self._revised(key, raw, now)
            if revision.change is not None:
                changes.append(revision.change)
        return Plan(looked, changes)

    def differences(
        self, changes: Sequence[Change], said: Mapping[tuple[str, bytes], bytes]
    ) -> Counter[tuple[str, str, str]]:
        """(what, from what, to what) -> rows; ``said``: what was last said by topic and key."""
        counted: Counter[tuple[str, str, str]] = Counter()
        for change in changes:
            counted.update(
                {
                    difference
                    for one in change.emissions
                    for difference in self._rebuild.differences(said.get((one.topic, one.key)), one)
                }
            )
        return counted

    def _revised(self, key: str, raw: bytes, now: int) -> _Revision:
        codec = self._processor.codec
        try:
            row = codec.decode(raw)
        except ValueError as error:
            raise UnreadableRowError(refusal(self._tp, codec, raw, error)) from error
        revised: Revised[Any] | None = self._rebuild.revise(key, row, now)
        if revised is None:
            return _Revision(raw, None)
        change = Change(key.encode(), codec.encode(revised.row), tuple(revised.emissions))
        self._check(change)
        return _Revision(raw, change)

    def _check(self, change: Change) -> None:
        """Whether Kafka takes it, and nobody is asked to do anything."""
        row = Emission(self._tp.topic, change.key, change.value)
        for one in (row, *change.emissions):
            size = record_bytes(one.key, one.value)
            if size > MAX_RECORD_BYTES:
                raise RestoreError(
                    f"a replay would write {size} bytes to {one.topic}, whose records may have "
                    f"{MAX_RECORD_BYTES}: nothing of partition {self._tp.partition} was written"
                )
        # Invariant 8: a replay tells nobody anything again
        asked = {one.topic for one in change.emissions} - self._retold
        if asked:
            raise ValueError(f"a replay must not write to {', '.join(sorted(asked))}")
