"""A dead letter as it stands now, put together from the records that speak of it. Pure.

All records of a letter have its id and stand in one partition, so that the newest of them says
how it is: a failure opens it, a record with ``settled`` closes it, a failure after that opens
it again.

A connector does not know that a record has failed before: its failures are counted here. Nor
does it know that somebody has dropped the record: given again as it was, it stays dropped.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from schemas.envelope import Event
from schemas.platform import DeadLetter, SettledAs, Settlement
from workers.processor import Record

__all__ = ["Fold", "Letter", "Name", "read_letter"]

Name = tuple[str, str, str]
"""What tells letters apart: dead-letter topic, role, id. Two roles may read one topic."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter. Its value and its headers stay in Kafka: ``event`` lacks them."""

    topic: str
    """The dead-letter topic; ``partition`` and ``offset`` are those of the newest failure."""
    partition: int
    offset: int
    key: bytes | None
    """Key of the letter's records."""
    event: Event[DeadLetter]
    size: int
    """Raw bytes kept of the value."""
    settled: Settlement | None = None
    """``None`` while it is open."""

    @property
    def id(self) -> str:
        """Where its record stood, or ``source/record``."""
        return self.event.id

    @property
    def data(self) -> DeadLetter:
        """What is said about the record."""
        return self.event.data

    @property
    def name(self) -> Name:
        """What tells it from every other letter."""
        return self.topic, self.data.role, self.id


def read_letter(record: Record) -> Event[DeadLetter] | None:
    """The event in a record; ``None`` when it is none."""
    try:
        event = Event[DeadLetter].model_validate_json(record.value or b"")
    except ValidationError:
        return None
    return event if event.type == record.topic else None


class Fold:
    """Takes the records of dead-letter topics in, each partition in its order."""

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self._letters: dict[Name, Letter] = {}
        self._closed: dict[Name, DeadLetter] = {}
        """The newest settlement of each letter."""
        self.unreadable: list[Record] = []
        """Records that are no letters, without their bytes: somebody else wrote them."""
        for record in records:
            self.add(record)

    def add(self, record: Record) -> None:
        """Take one record in."""
        event = read_letter(record)
        if event is None:
            self.unreadable.append(replace(record, key=None, value=None, headers=()))
            return
        data = event.data
        name = (record.topic, data.role, event.id)
        if data.settled is not None:
            self._closed[name] = data
            if name in self._letters:  # else its failures are past their retention
                self._letters[name] = replace(self._letters[name], settled=data.settled)
            return
        bare = data.model_copy(
            update={"value": b"", "raw_headers": None, "digest": data.content}
            | self._counted(name, data)
        )
        closed = self._closed.get(name)
        self._letters[name] = Letter(
            record.topic,
            record.partition,
            record.offset,
            record.key,
            event.model_copy(update={"data": bare}),
            len(data.value),
            closed.settled if closed is not None and _stays_dropped(closed, bare) else None,
        )

    def _counted(self, name: Name, data: DeadLetter) -> dict[str, Any]:
        """What a connector's letter cannot say about the failures before it."""
        former = self._letters.get(name)
        if former is None or not data.came_from_a_source:
            return {}
        first = min(former.data.first_failed_at, data.first_failed_at)
        return {"attempts": former.data.attempts + 1, "first_failed_at": first}

    @property
    def letters(self) -> tuple[Letter, ...]:
        """Every letter, open or settled, the newest failure last."""
        return tuple(sorted(self._letters.values(), key=_age))


def _stays_dropped(closed: DeadLetter, failed: DeadLetter) -> bool:
    """Whether the failure is of a connector's record that was dropped as it is still."""
    dropped = closed.settled is not None and closed.settled.outcome is SettledAs.DROPPED
    return dropped and failed.came_from_a_source and closed.digest == failed.digest is not None


def _age(letter: Letter) -> tuple[float, str, int, int]:
    failed = letter.data.last_failed_at.timestamp()
    return failed, letter.topic, letter.partition, letter.offset
