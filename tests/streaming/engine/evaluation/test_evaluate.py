from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from schemas.platform import ErrorClass
from schemas.topics import Cleanup, Topic
from workers.processor import Emission, Malformed, Outcome, Record, Rejection
from workers.streaming.engine.evaluation.evaluate import decode, evaluate

SOURCE = Topic("test.in.v1", "key", "input")
TARGET = Topic("test.out.v1", "key", "output")
STATE = Topic("test.changelog.v1", "key", "state", cleanup=Cleanup.COMPACT)


class _Codec:
    def encode(self, row: int, /) -> bytes:
        return b"9" * 2_000_000 if row > 1_000 else str(row).encode()

    def decode(self, raw: bytes, /) -> int:
        return int(raw)


class Adding:
    """Adds numbers by key; refuses, raises and overflows on request."""

    name = "adding"
    inputs: Sequence[Topic] = (SOURCE,)
    outputs: Sequence[Topic] = (TARGET,)
    changelog: Topic | None = STATE
    codec = _Codec()

    def decode(self, record: Record, /) -> tuple[str, str]:
        if record.value is None:
            raise Malformed("no value")
        return (record.key or b"").decode(), record.value.decode()

    def event_time(self, event: tuple[str, str], /) -> int:
        del event
        return 0

    def process(
        self, events: Sequence[tuple[str, str]], state: Mapping[str, int], now: int, /
    ) -> Outcome[int]:
        del now
        changes: dict[str, int | None] = {}
        emissions: list[Emission] = []
        rejected: list[Rejection] = []
        for index, (key, word) in enumerate(events):
            if word == "raise":
                raise ArithmeticError("customer words")
            if word == "reject":
                rejected.append(Rejection(index, "not wanted"))
                continue
            if word == "delete":
                changes[key] = None
                continue
            size = 2_000_000 if word == "huge" else 1
            held = changes[key] if key in changes else state.get(key)
            changes[key] = (held or 0) + 1
            emissions.append(Emission(TARGET.name, key.encode(), b"x" * size))
        return Outcome(emissions, changes, rejected, {("done", "adding"): len(emissions)})


def record(offset: int, key: str, value: str | None) -> Record:
    raw = None if value is None else value.encode()
    return Record(SOURCE.name, 0, offset, key.encode(), raw, 1_000)


def run(rows: Sequence[tuple[str, str]], state: dict[str, int]) -> tuple[object, ...]:
    """Evaluate the rows as one chunk: what is emitted, changed and dead."""
    processor = Adding()
    found = decode(processor, [record(i, key, word) for i, (key, word) in enumerate(rows)])
    assert found.dead == ()
    result = evaluate(processor, found.events, found.records, state, 0)
    return (
        [(e.key, len(e.value)) for e in result.emissions],
        result.changes,
        result.encoded,
        [(d.record.offset, d.error_class) for d in result.dead],
    )


def test_a_record_that_is_no_event_is_set_aside_with_the_reason() -> None:
    """A record that cannot be decoded becomes dead with its reason; its neighbours are events."""
    found = decode(Adding(), [record(0, "a", None), record(1, "a", "1")])
    assert found.events == [("a", "1")]
    assert [one.offset for one in found.records] == [1]
    assert [(d.record.offset, d.error_class, d.message) for d in found.dead] == [
        (0, ErrorClass.DECODE, "no value")
    ]


def test_bytes_that_break_the_decoder_are_set_aside() -> None:
    """An error of the decoder that is not Malformed sets the record aside all the same."""
    broken = Record(SOURCE.name, 0, 0, b"a", b"\xff", 1_000)
    dead = decode(Adding(), [broken]).dead
    assert dead[0].error_class is ErrorClass.DECODE


@pytest.mark.parametrize("position", range(3))
def test_only_the_event_that_raises_dies(position: int) -> None:
    """An event that cannot be handled dies alone, wherever in its chunk it stands."""
    rows = [("a", "1"), ("a", "1"), ("a", "1")]
    rows[position] = ("a", "raise")
    emissions, changes, encoded, dead = run(rows, {"a": 5})
    assert emissions == [(b"a", 1)] * 2
    assert changes == {"a": 7}
    assert encoded == {b"a": b"7"}
    assert dead == [(position, ErrorClass.PROCESS)]


def test_an_emission_no_topic_takes_kills_its_event_only() -> None:
    """An event whose emission is over the size of a record dies as oversized, with no effect."""
    emissions, changes, _, dead = run([("a", "1"), ("b", "huge"), ("c", "1")], {})
    assert emissions == [(b"a", 1), (b"c", 1)]
    assert changes == {"a": 1, "c": 1}
    assert dead == [(1, ErrorClass.OVERSIZED)]


def test_a_row_no_topic_takes_kills_its_event_only() -> None:
    """A row over the size of a record: its event dies as oversized, the row stays what it was."""
    emissions, changes, encoded, dead = run([("b", "1"), ("a", "1")], {"a": 1_000})
    assert emissions == [(b"b", 1)]
    assert (changes, encoded) == ({"b": 1}, {b"b": b"1"})
    assert dead == [(1, ErrorClass.OVERSIZED)]


def test_what_is_counted_is_what_was_done() -> None:
    """Counts of the events beside a culprit add up; it counts for nothing itself."""
    found = decode(Adding(), [record(n, "a", word) for n, word in enumerate(["1", "raise", "1"])])
    assert evaluate(Adding(), found.events, found.records, {}, 0).counts == {("done", "adding"): 2}


def test_a_rejected_event_dies_with_the_processors_reason() -> None:
    """A rejection names its event by index, and the letter is about that record."""
    _, _, _, dead = run([("a", "1"), ("a", "reject"), ("a", "1")], {})
    assert dead == [(1, ErrorClass.PROCESS)]


def test_the_message_of_a_dead_event_holds_none_of_its_words() -> None:
    """The reason of an unexpected error is its type and place, never its text."""
    found = decode(Adding(), [record(0, "a", "raise")])
    result = evaluate(Adding(), found.events, found.records, {}, 0)
    assert "customer words" not in result.dead[0].message
    assert result.dead[0].message.startswith("ArithmeticError at test_evaluate.py:")


class Strict(Adding):
    """Reads a number by a model."""

    def decode(self, record: Record, /) -> tuple[str, str]:
        """The number, or pydantic's error, which quotes what was there instead."""
        return "a", str(TypeAdapter(int).validate_json(record.value or b""))


def test_the_message_of_a_record_that_does_not_validate_quotes_none_of_it() -> None:
    """What is wrong is told; what was there instead may be a customer's words."""
    (dead,) = decode(Strict(), [record(0, "a", '"customer words"')]).dead
    assert dead.message == (
        "record: Input should be a valid integer, unable to parse string as an integer"
    )


@pytest.mark.parametrize("records", [[], [record(0, "a", "1")]])
def test_an_error_in_a_reported_event_is_raised(records: list[Record]) -> None:
    """An event of a side effect has no record to bury: its error ends the task.

    So does a rejection of one, also where there are records beside it.
    """
    events = [("a", "1")] * len(records)
    with pytest.raises(ArithmeticError):
        evaluate(Adding(), [*events, ("a", "raise")], records, {}, 0)
    with pytest.raises(ValueError, match="side effect was rejected: not wanted"):
        evaluate(Adding(), [*events, ("a", "reject")], records, {}, 0)


WORDS = st.sampled_from(["1", "1", "1", "raise", "reject", "delete", "huge"])
ROWS = st.lists(st.tuples(st.sampled_from("abc"), WORDS), max_size=25)


@given(rows=ROWS, cut=st.integers(0, 25), start=st.dictionaries(st.sampled_from("abc"), st.just(3)))
def test_any_cut_of_a_chunk_gives_the_same(
    rows: list[tuple[str, str]], cut: int, start: dict[str, int]
) -> None:
    """What a chunk emits, kills and leaves as state does not depend on where it was cut."""

    def apply(parts: Sequence[Sequence[tuple[str, str]]]) -> tuple[object, ...]:
        state = dict(start)
        emitted: list[tuple[bytes, int]] = []
        dead: list[tuple[int, ErrorClass]] = []
        offset = 0
        for part in parts:
            found = decode(Adding(), [record(offset + i, k, w) for i, (k, w) in enumerate(part)])
            offset += len(part)
            before = dict(state)
            result = evaluate(Adding(), found.events, found.records, state, 0)
            assert state == before
            emitted += [(e.key, len(e.value)) for e in result.emissions]
            dead += [(d.record.offset, d.error_class) for d in result.dead]
            for key, row in result.changes.items():
                if row is None:
                    state.pop(key, None)
                else:
                    state[key] = row
        return emitted, sorted(dead), state

    whole = apply([rows])
    assert apply([rows[:cut], rows[cut:]]) == whole
    assert apply([[row] for row in rows]) == whole
