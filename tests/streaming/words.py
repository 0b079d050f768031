"""A processor whose rows are the last word said about a key; its replay may be looked at."""

from collections.abc import Collection, Mapping, Sequence

from schemas.topics import Cleanup, Topic
from workers.processor import Emission, Malformed, Outcome, Record, Revised

__all__ = ["Words"]


class TextCodec:
    """Text; ``?`` is no row."""

    def encode(self, row: str, /) -> bytes:
        """As bytes."""
        return row.encode()

    def decode(self, raw: bytes, /) -> str:
        """As text."""
        if raw == b"?":
            raise ValueError("no row")
        return raw.decode()


class Latest:
    """The row of a key is the last word said about it."""

    def __init__(self, topic: Topic) -> None:
        self.words: dict[str, str] = {}
        self.asked: list[str] = []
        self._topic = topic

    @property
    def keys(self) -> Collection[str]:
        """Of which words came."""
        return self.words

    def take(self, events: Sequence[Record], /) -> None:
        """Take the words; ``cursed`` cannot be taken."""
        for event in events:
            if event.value == b"cursed":
                raise ArithmeticError
            self.words[(event.key or b"").decode()] = (event.value or b"").decode()

    def revise(self, key: str, row: str, now: int, /) -> Revised[str] | None:
        """The last word."""
        del now
        self.asked.append(key)
        word = self.words[key]
        if word == row:
            return None
        told = Emission(self._topic.name, key.encode(), word.encode())
        return Revised(word, [told])

    def differences(
        self, before: bytes | None, after: Emission, /
    ) -> Sequence[tuple[str, str, str]]:
        """Of the word."""
        return [("word", (before or b"").decode(), after.value.decode())]


class Words:
    """A processor with such a state; fulfils ``Replayable``."""

    codec = TextCodec()

    def __init__(self, name: str = "words", *, asking: bool = False) -> None:
        """``asking``: the replay writes where it must not."""
        self.name = name
        self.source = Topic(f"test.{name}.in.v1", "key", "words")
        self.told = Topic(f"test.{name}.out.v1", "key", "told")
        self.asked = Topic(f"test.{name}.asked.v1", "key", "asks for something")
        self.inputs: Sequence[Topic] = (self.source,)
        self.outputs: Sequence[Topic] = (self.told, self.asked)
        self.retold: Sequence[Topic] = (self.told,)
        self.state = Topic(f"test.{name}.changelog.v1", "key", "state", cleanup=Cleanup.COMPACT)
        self.changelog: Topic | None = self.state
        self._asking = asking
        self.made: list[Latest] = []

    def decode(self, record: Record, /) -> Record:
        """The record itself, unless it has no value."""
        if record.value is None:
            raise Malformed("no value")
        return record

    def event_time(self, event: Record, /) -> int:
        """When it was written."""
        return event.timestamp

    def process(
        self, events: Sequence[Record], state: Mapping[str, str], now: int, /
    ) -> Outcome[str]:
        """Nothing: only the replay is looked at."""
        del events, state, now
        return Outcome()

    def rebuild(self) -> Latest:
        """See ``Replayable``."""
        one = Latest(self.asked if self._asking else self.told)
        self.made.append(one)
        return one
