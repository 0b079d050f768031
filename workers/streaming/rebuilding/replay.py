"""A role's results rebuilt from its history beside the live role, then switched over.

For each partition:

    1. read      the inputs from a time on, up to where the group stands; the live role goes on
    2. decide    what today's rules make of each row of the changelog that this concerns, and how
                 that compares with what was last said
    3. fence     start a producer under the live task's transactional id: from now on the live
                 owner can commit nothing, so changelog and offsets stand still
    4. catch up  read what was committed since, decide again what has changed since
    5. write     the new rows and the events that tell of them, in one transaction

A kill before 5 has committed leaves no trace; the live owner takes its id back by itself. Where
nothing is different, 3 to 5 are left out and the live role notices nothing. So running it again
does what is left, and nothing twice. Should the live owner take the id back between 3 and 5, the
write is refused, and 3 is tried again.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from schemas.topics import CLOCK_TICKED, Topic
from workers.processor import Replayable
from workers.streaming.engine.probe import NO_PROBE, Probe, Step
from workers.streaming.engine.recovery.committed import CommittedOffsets
from workers.streaming.engine.recovery.restore import read_latest
from workers.streaming.engine.role import Role
from workers.streaming.engine.stream_time import from_metadata
from workers.streaming.engine.transaction import FencedError, Producer
from workers.streaming.rebuilding.build import Build, Plan
from workers.streaming.rebuilding.history import read_stretch
from workers.streaming.rebuilding.span import Span, starts
from workers.streaming.rebuilding.writing import write

__all__ = ["NotReplayableError", "Replayed", "SwitchError", "replay"]

_ATTEMPTS = 5


class NotReplayableError(Exception):
    """The role has no results that could be rebuilt; says why."""


class SwitchError(Exception):
    """The live owner took its transactional id back each time. What was switched stays so."""


@dataclass(slots=True)
class Replayed:
    """What a replay did, or would have done, in one partition."""

    partition: int
    records: int = 0
    """Records read again."""
    unreadable: int = 0
    """Of those, records that are no event or could not be handled."""
    rows: int = 0
    """Rows decided anew."""
    changed: int = 0
    """Of those, rows that are different now."""
    begins: int | None = None
    """Where retention has removed part of what was asked for: when the rest begins, in ms."""
    differences: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """(what, from what, to what) -> rows."""


async def replay(
    role: Role,
    settings: Mapping[str, Any],
    since: int,
    *,
    dry_run: bool = False,
    done: Callable[[Replayed], None] = lambda _one: None,
    probe: Probe = NO_PROBE,
) -> None:
    """Replay what came in at ``since`` (ms) or later, partition by partition.

    ``done`` is called after each. A dry run fences nobody and writes nothing. Raises
    ``NotReplayableError``, ``SwitchError``, ``RestoreError``, ``KafkaError``,
    ``TimeoutError``; what ``done`` was told of stays.
    """
    processor = role.processor
    if processor.changelog is None:
        raise NotReplayableError(f"role {role.name} keeps no state: there is nothing to rebuild")
    if not isinstance(processor, Replayable):
        raise NotReplayableError(
            f"role {role.name} cannot be replayed: its processor does not say how "
            "(workers.processor.Replayable)"
        )
    for partition in range(role.partitions):
        one = _Partition(role, processor, processor.changelog, settings, partition, probe)
        await one.build(since)
        await one.compare()
        await probe(Step.PROCESSED, partition)
        if one.different and not dry_run:
            await one.switch()
        done(one.told())


class _Partition:
    """One partition between its first record and its switch."""

    def __init__(  # noqa: PLR0917 - made in one place
        self,
        role: Role,
        replayable: Replayable,
        changelog: Topic,
        settings: Mapping[str, Any],
        partition: int,
        probe: Probe,
    ) -> None:
        self._role = role
        self._settings = settings
        self._partition = partition
        self._probe = probe
        self._changelog = changelog.name
        self._outputs = {topic.name: topic.partitions for topic in replayable.retold}
        self._inputs = [
            TopicPartition(topic.name, partition)
            for topic in role.processor.inputs
            if topic != CLOCK_TICKED
        ]
        self._committed = CommittedOffsets(settings, role.group)
        self._build = Build(role.processor, replayable, partition)
        self._spans: Mapping[TopicPartition, Span] = {}
        self._read: dict[TopicPartition, int] = {}
        """Next offset to read."""
        self._plan = Plan(0)
        self._said: dict[tuple[str, bytes], bytes] = {}
        """By topic and key: what was last said about rows that are different."""

    @property
    def different(self) -> bool:
        """Whether there is anything to write."""
        return bool(self._plan.changes)

    def told(self) -> Replayed:
        """What came of it."""
        return Replayed(
            self._partition,
            self._build.records,
            self._build.unreadable,
            self._plan.looked,
            len(self._plan.changes),
            max((one.begins for one in self._spans.values() if one.begins), default=None),
            self._build.differences(self._plan.changes, self._said),
        )

    async def build(self, since: int) -> None:
        """Steps 1 and 2; and once more, so that little is left to do while the role is fenced."""
        self._spans = await starts(self._settings, self._inputs, since)
        self._read = {tp: span.start for tp, span in self._spans.items()}
        await self._catch_up()
        await self._catch_up()

    async def compare(self) -> None:
        """Look up what was last said about the rows that are different, to tell how they are."""
        wanted = {(one.topic, one.key) for row in self._plan.changes for one in row.emissions}
        for topic in {topic for topic, _ in wanted}:
            found = await read_latest(self._settings, topic, self._partition)
            self._said |= {
                (topic, key): value for key, value in found.items() if (topic, key) in wanted
            }

    async def switch(self) -> None:
        """Steps 3 to 5."""
        for _ in range(_ATTEMPTS):
            with suppress(FencedError):
                await self._switch()
                return
        raise SwitchError(
            f"partition {self._partition} of role {self._role.name}: its owner took it back "
            f"{_ATTEMPTS} times while it was being switched. Partitions told before are switched. "
            "Run the command again, or stop the role meanwhile"
        )

    async def _switch(self) -> None:
        producer = Producer(f"{self._role.group}-{self._partition}", self._settings)
        try:
            await producer.start()
            await self._probe(Step.BEGUN, self._partition)
            await self._catch_up()
            await write(
                producer,
                self._plan.changes,
                self._changelog,
                self._partition,
                outputs=self._outputs,
                probe=self._probe,
            )
        finally:
            with suppress(KafkaError, FencedError, TimeoutError):
                await producer.stop()

    async def _catch_up(self) -> None:
        """Read up to where the group stands, then see what of the changelog is different."""
        found = await self._committed(
            TopicPartition(topic.name, self._partition) for topic in self._role.inputs
        )
        for tp in self._inputs:
            end = found[tp][0] if tp in found else 0
            position = self._read.setdefault(tp, end)
            async for records in read_stretch(self._settings, tp, position, end):
                self._build.take(records)
            self._read[tp] = max(position, end)
        now = max((from_metadata(text) for _, text in found.values()), default=0)
        rows = await read_latest(self._settings, self._changelog, self._partition)
        self._plan = self._build.plan(rows, now)
