"""What a page needs to act on dead letters, without knowing of Kafka."""

from dataclasses import dataclass
from typing import Protocol

from workers.letters.choice import LetterFilter

__all__ = ["Answer", "LetterActions", "LetterPlace", "LettersError", "Reason", "Sweep"]


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
    forceable: bool = False
    """Whether it would be done if somebody says that it is to be done all the same."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why letters are refused."""

    text: str
    count: int
    forceable: bool


@dataclass(frozen=True, slots=True)
class Sweep:
    """What became of the letters that match, or would become of them."""

    settled: int
    refused: tuple[Reason, ...] = ()
    """The most frequent first."""
    beyond: int = 0
    """How many match beside those that one action takes on."""


class LetterActions(Protocol):
    """What can be done with letters. Of those that match, the oldest are taken on first.

    Who calls: request threads, several at once. Blocking: until Kafka has it. Raises:
    ``LettersError``.
    """

    def replay(self, letter: LetterPlace, /, *, force: bool = False) -> Answer:
        """Write its record back to the topic it came from.

        ``force``: whatever speaks against it, where that is a matter of judgement.
        """
        ...

    def drop(self, letter: LetterPlace, /) -> Answer:
        """Settle it without a replay."""
        ...

    def replay_all(
        self,
        chosen: LetterFilter,
        /,
        *,
        limit: int | None = None,
        force: bool = False,
        dry_run: bool = False,
    ) -> Sweep:
        """Replay what matches; a dry run writes nothing."""
        ...

    def drop_all(
        self, chosen: LetterFilter, /, *, limit: int | None = None, dry_run: bool = False
    ) -> Sweep:
        """Drop what matches; a dry run writes nothing."""
        ...
