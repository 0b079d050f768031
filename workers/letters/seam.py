"""What a page needs to act on a dead letter, without knowing of Kafka."""

from dataclasses import dataclass
from typing import Protocol

__all__ = ["Answer", "LetterActions", "LetterPlace", "LettersError"]


class LettersError(Exception):
    """Kafka cannot be reached, or refused. The message says what to do."""


@dataclass(frozen=True, slots=True)
class LetterPlace:
    """A dead letter, and where its newest known failure stands."""

    topic: str
    """The dead-letter topic."""
    partition: int
    offset: int
    role: str
    letter_id: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether it was done; if not, why and what to do instead."""

    done: bool
    text: str = ""


class LetterActions(Protocol):
    """What can be done with a letter.

    Who calls: request threads, several at once. Blocking: until Kafka has it. Raises:
    ``LettersError``.
    """

    def replay(self, letter: LetterPlace, /) -> Answer:
        """Write its record back to the topic it came from."""
        ...

    def drop(self, letter: LetterPlace, /) -> Answer:
        """Settle it without a replay."""
        ...
