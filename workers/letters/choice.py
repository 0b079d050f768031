"""Which letters somebody means. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from schemas.platform import DeadLetter, ErrorClass
from schemas.topics import REGISTRY, dead_letter_topic
from workers.letters.letter import Letter

__all__ = ["ORIGINS", "LetterFilter", "UnclearIdError", "named", "topics_of"]

ORIGINS = tuple(topic.name.removesuffix(".dlq") for topic in REGISTRY if topic.data is DeadLetter)
"""The topics that have dead letters."""

_SHOWN = 5


class UnclearIdError(ValueError):
    """No letter, or more than one, has this id. The message says which."""


@dataclass(frozen=True, slots=True)
class LetterFilter:
    """What somebody looks for; every field that is set narrows."""

    topic: str | None = None
    """The topic the record stood in or was meant for; not the dead-letter topic."""
    error_class: ErrorClass | None = None
    since: datetime | None = None
    """Of the last failure, inclusive."""
    until: datetime | None = None
    """Of the last failure, exclusive."""
    key: bytes | None = None
    """Key of the dead record."""
    source: str | None = None
    id_prefix: str = ""
    settled_too: bool = False

    @property
    def narrows(self) -> bool:
        """Whether it leaves anything out, beside what is settled."""
        given = (self.topic, self.error_class, self.since, self.until, self.key, self.source)
        return bool(self.id_prefix) or any(value is not None for value in given)

    def matches(self, letter: Letter) -> bool:
        """Whether the letter is meant."""
        data = letter.data
        return (
            (self.settled_too or letter.settled is None)
            and self.topic in {None, data.origin.topic}
            and self.error_class in {None, data.error_class}
            and (self.since is None or data.last_failed_at >= self.since)
            and (self.until is None or data.last_failed_at < self.until)
            and self.key in {None, data.key}
            and self.source in {None, data.origin.source_name}
            and letter.id.startswith(self.id_prefix)
        )


def topics_of(chosen: LetterFilter) -> list[str]:
    """The dead-letter topics in which such letters stand."""
    return [dead_letter_topic(name) for name in ([chosen.topic] if chosen.topic else ORIGINS)]


def named(letters: Iterable[Letter], given: str) -> Letter:
    """The letter of this id, or the only one whose id begins so; raises ``UnclearIdError``."""
    found = [letter for letter in letters if letter.id.startswith(given)]
    exact = [letter for letter in found if letter.id == given]
    found = exact or found
    if len(found) == 1:
        return found[0]
    if not found:
        raise UnclearIdError(
            f"no dead letter has the id {given!r}; see them all with: productops dlq list --all"
        )
    shown = ", ".join(f"{letter.id} ({letter.data.role})" for letter in found[:_SHOWN])
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    raise UnclearIdError(f"{given!r} is the beginning of several ids: {shown}{more}")
