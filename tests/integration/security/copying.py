"""A tiny processor in the place of a real role: its topics, its group, its transactions."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from schemas.topics import Topic
from workers.processor import Emission, Malformed, Outcome, Record

__all__ = ["Copying"]


class Declaring(Protocol):
    """What a processor's class declares."""

    name: str
    inputs: Iterable[Topic]
    outputs: Iterable[Topic]
    changelog: Topic | None


class _TextCodec:
    def encode(self, row: str, /) -> bytes:
        return row.encode()

    def decode(self, raw: bytes, /) -> str:
        return raw.decode()


class Copying:
    """Copies each record to every output and into its state; ``bad`` is malformed."""

    codec = _TextCodec()

    def __init__(self, declaring: Declaring) -> None:
        self.name = declaring.name
        self.inputs: Sequence[Topic] = tuple(declaring.inputs)
        self.outputs: Sequence[Topic] = tuple(declaring.outputs)
        self.changelog = declaring.changelog

    def decode(self, record: Record, /) -> Record:
        """The record itself."""
        if record.value == b"bad":
            raise Malformed("it says bad")
        return record

    def event_time(self, event: Record, /) -> int:
        """When it was written."""
        return event.timestamp

    def process(
        self, events: Sequence[Record], state: Mapping[str, str], now: int, /
    ) -> Outcome[str]:
        """Copy."""
        del state, now
        copies = [
            Emission(topic.name, event.key or b"", event.value or b"")
            for event in events
            for topic in self.outputs
        ]
        rows = {(event.key or b"").decode(): (event.value or b"").decode() for event in events}
        return Outcome(copies, dict(rows))
