"""How a replayed record says which dead letter it comes from. Pure.

The headers travel with the record that is written back to its topic, so that a second failure
is the same letter with one more attempt, wherever in the topic the record stands now.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

__all__ = ["PREFIX", "Replayed", "place"]

PREFIX = "productops-"
"""Of every header that is ours; none of them is kept among a letter's own headers."""

_LETTER = f"{PREFIX}letter"
_ORIGIN = f"{PREFIX}origin"
_ATTEMPTS = f"{PREFIX}attempts"
_FIRST_FAILED = f"{PREFIX}first-failed"
_MOST_ATTEMPTS = 1_000_000
_MOST_OFFSET = 2**63


def place(topic: str, partition: int, offset: int) -> str:
    """Where a record stands, in one word; the id of its letter."""
    return f"{topic}/{partition}/{offset}"


@dataclass(frozen=True, slots=True)
class Replayed:
    """The letter behind a replayed record."""

    topic: str
    partition: int
    offset: int
    """Where the record stood when it failed first."""
    attempts: int
    """How often it has failed so far."""
    first_failed_at: datetime

    @property
    def letter_id(self) -> str:
        """Id of the letter."""
        return place(self.topic, self.partition, self.offset)

    def headers(self) -> list[tuple[str, bytes]]:
        """The headers that say so."""
        told = {
            _LETTER: self.letter_id,
            _ORIGIN: place(self.topic, self.partition, self.offset),
            _ATTEMPTS: str(self.attempts),
            _FIRST_FAILED: self.first_failed_at.astimezone(UTC).isoformat(),
        }
        return [(name, value.encode()) for name, value in told.items()]

    @classmethod
    def read(cls, topic: str, headers: Iterable[tuple[str, bytes | None]]) -> "Replayed | None":
        """The letter behind a record of ``topic``; ``None`` unless all headers make sense.

        Anybody who may write to the topic can write such headers. What they can reach is the
        place and the count of their own dead letter, nothing else.
        """
        given = {name: value or b"" for name, value in headers if name.startswith(PREFIX)}
        if not given:
            return None
        try:
            origin, partition, offset = given[_ORIGIN].decode().rsplit("/", 2)
            found = cls(
                origin,
                int(partition),
                int(offset),
                int(given[_ATTEMPTS]),
                datetime.fromisoformat(given[_FIRST_FAILED].decode()).astimezone(UTC),
            )
        except (KeyError, ValueError, OverflowError, TypeError):
            return None
        fits = (
            found.topic == topic
            and 0 <= found.partition < _MOST_OFFSET
            and 0 <= found.offset < _MOST_OFFSET
            and 1 <= found.attempts < _MOST_ATTEMPTS
            and given.get(_LETTER) == found.letter_id.encode()
        )
        return found if fits else None
