from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.platform import DeadLetter, ErrorClass
from schemas.topics import MAX_RECORD_BYTES, RECEIVED, topic_named
from schemas.trace import parse
from workers import __version__
from workers.processor import Record
from workers.streaming.engine.evaluation.dead_letters import MAX_RAW_BYTES, letter
from workers.streaming.engine.evaluation.evaluate import Dead
from workers.streaming.replayed import Replayed

NOW = 1_700_000_000_000


def dead(value: bytes, key: bytes | None = b"item") -> Dead:
    record = Record(RECEIVED.name, 2, 41, key, value, NOW, [("trace", b"\xff")])
    return Dead(record, ErrorClass.DECODE, "why")


def test_a_letter_keeps_the_raw_bytes_and_the_origin() -> None:
    """What was in the record, and where it stood, can be read from its letter."""
    emission = letter(dead(b"\x00\xff raw"), role="feedback", now=NOW)
    assert emission.topic == RECEIVED.dead_letters
    read = topic_named(emission.topic).event_model().from_json(emission.value).data
    assert isinstance(read, DeadLetter)
    assert read.value == b"\x00\xff raw"
    assert read.key == b"item"
    assert (read.origin.topic, read.origin.partition, read.origin.offset) == (RECEIVED.name, 2, 41)


def test_the_same_record_is_the_same_letter() -> None:
    """A record that dies twice gives letters of one identity."""
    first = letter(dead(b"x"), role="feedback", now=NOW)
    second = letter(dead(b"x"), role="feedback", now=NOW + 5)
    assert first.event is not None
    assert second.event is not None
    assert first.event.identity == second.event.identity


def test_a_letter_is_part_of_the_failing_records_trace() -> None:
    """The trace id is the record's, however broken the rest of it; a replay gives the same."""
    cause = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    broken = dead(b'{"specversion":"1.0","traceparent":"%s","data":{' % cause.encode())
    first, second = (letter(broken, role="feedback", now=NOW + later) for later in (0, 5))
    assert first.cause == cause
    assert first.event is not None
    assert second.event is not None
    assert first.event.traceparent == second.event.traceparent
    own = parse(first.event.traceparent)
    assert own is not None
    assert own.trace_id == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert own.span_id != "00f067aa0ba902b7"


def test_a_letter_of_a_record_without_a_trace_begins_one() -> None:
    """Its own identity gives the trace: the same at every failure."""
    first, second = (letter(dead(b"x"), role="feedback", now=NOW + later) for later in (0, 5))
    assert first.event is not None
    assert second.event is not None
    assert parse(first.event.traceparent) is not None
    assert first.event.traceparent == second.event.traceparent


def test_an_oversized_record_is_cut_and_says_so() -> None:
    """A letter always fits its topic; cutting is marked."""
    emission = letter(dead(b"x" * 3_000_000, b"k" * 900_000), role="feedback", now=NOW)
    read = topic_named(emission.topic).event_model().from_json(emission.value).data
    assert isinstance(read, DeadLetter)
    assert read.truncated
    assert len(read.value) == MAX_RAW_BYTES
    assert len(emission.value) + len(emission.key) < MAX_RECORD_BYTES


Headers = list[tuple[str, bytes | None]]


def kept(headers: Headers, value: bytes | None = b"x", key: bytes | None = b"item") -> DeadLetter:
    """The letter of a record with these headers, read back; it fits its topic."""
    record = Record(RECEIVED.name, 2, 41, key, value, NOW, headers)
    emission = letter(Dead(record, ErrorClass.DECODE, "why"), role="feedback", now=NOW)
    assert len(emission.value) + len(emission.key) < MAX_RECORD_BYTES
    read = topic_named(emission.topic).event_model().from_json(emission.value).data
    assert isinstance(read, DeadLetter)
    return read


def raw(read: DeadLetter) -> Headers:
    """The headers that are kept raw."""
    assert read.raw_headers is not None
    return [(one.name, one.value) for one in read.raw_headers]


def test_headers_are_kept_as_they_were() -> None:
    """Order, repeated names, bytes that are no text, long values, and none at all."""
    headers: Headers = [
        ("b", b"\xff\xfe"),
        ("a", b"1"),
        ("b", b""),
        ("b", None),
        ("long", b"v" * 5_000),
        *((f"n{number}", b"") for number in range(40)),
    ]
    read = kept(headers)
    assert raw(read) == headers
    assert not read.headers_truncated
    assert read.headers["long"] == "v" * 256


def test_a_null_value_is_told_from_an_empty_one() -> None:
    """Both have no bytes."""
    assert (kept([], None).value, kept([], None).value_is_null) == (b"", True)
    assert (kept([], b"").value, kept([], b"").value_is_null) == (b"", False)


def test_an_empty_key_is_told_from_none() -> None:
    """Only a record without a key goes back to its partition by number."""
    assert kept([], key=b"").key == b""
    assert kept([], key=None).key is None


def test_a_key_that_was_cut_is_marked() -> None:
    """A letter whose key is not whole cannot be replayed, though its value is."""
    read = kept([], b"x", b"k" * 900_000)
    assert (read.value, read.truncated) == (b"x", True)


def test_a_letter_says_which_version_and_role_failed_and_why() -> None:
    """The reason is cut where a decoder says too much: a letter fits its topic whatever it says."""
    record = Record(RECEIVED.name, 2, 41, b"item", b"x", NOW, ())
    emission = letter(Dead(record, ErrorClass.DECODE, "y" * 2_000_000), role="feedback", now=NOW)
    assert len(emission.value) < MAX_RECORD_BYTES
    assert emission.event is not None
    read = emission.event.data
    assert isinstance(read, DeadLetter)
    assert (read.worker_version, read.role) == (__version__, "feedback")
    assert read.message == "y" * 2_000


def test_a_null_header_of_ours_is_no_reason_to_fail() -> None:
    """Anybody may write such a header; the record is still set aside."""
    read = kept([("productops-origin", None), ("mine", b"1")])
    assert (raw(read), read.attempts) == ([("mine", b"1")], 1)


@pytest.mark.parametrize("name", ["h", "\x00" * 400, "é" * 400, "\U0001f600" * 200])
@pytest.mark.parametrize("size", [0, 1, 3_000])
@pytest.mark.parametrize("value", [1, 600_000])
@pytest.mark.parametrize("key", [1, 60_000, 600_000])
def test_what_does_not_fit_is_left_out_and_marked(
    name: str, size: int, value: int, key: int
) -> None:
    """A letter fits its topic whatever the record held; each header is there whole or not."""
    headers: Headers = [(name, b"\x00" * size)] * 60_000
    read = kept(headers, b"x" * value, b"k" * key)
    assert read.headers_truncated
    assert raw(read) == headers[: len(raw(read))]
    assert len(raw(read)) > 0 or key > 60_000
    assert read.truncated == (value > MAX_RAW_BYTES or len(read.key or b"") < key)


FIRST = datetime(2023, 11, 1, 8, 0, tzinfo=UTC)
BEFORE = Replayed(RECEIVED.name, 2, 41, 3, FIRST)


def again(headers: list[tuple[str, bytes]], *, offset: int = 99) -> DeadLetter:
    """The letter of a record that was written back with these headers and failed again."""
    record = Record(RECEIVED.name, 2, offset, b"item", b"x", NOW, [("trace", b"t"), *headers])
    emission = letter(Dead(record, ErrorClass.PROCESS, "why"), role="feedback", now=NOW)
    assert emission.event is not None
    read = emission.event.data
    assert isinstance(read, DeadLetter)
    identity = f"{read.origin.topic}/{read.origin.partition}/{read.origin.offset}"
    assert emission.event.id == identity
    return read


def test_a_replayed_record_that_fails_again_is_the_same_letter() -> None:
    """Identity, origin and first failure are those of the letter; the attempts go on counting."""
    emission = letter(dead(b"x"), role="feedback", now=NOW)
    read = again(BEFORE.headers())
    assert emission.event is not None
    assert emission.event.id == BEFORE.letter_id == f"{RECEIVED.name}/2/41"
    assert (read.origin.partition, read.origin.offset) == (2, 41)
    assert read.attempts == 4
    assert read.first_failed_at == FIRST
    assert read.last_failed_at == datetime.fromtimestamp(NOW / 1000, tz=UTC)


def test_headers_of_a_replay_are_no_headers_of_the_record() -> None:
    """What a replay adds does not pile up: a letter keeps the sender's headers only."""
    assert again(BEFORE.headers()).headers == {"trace": "t"}


def test_a_first_failure_is_never_after_the_last() -> None:
    """Headers that tell of the future, as of another clock: the first is now at the latest."""
    later = datetime.fromtimestamp(NOW / 1000, tz=UTC) + timedelta(days=1)
    read = again(Replayed(RECEIVED.name, 2, 41, 3, later).headers())
    assert read.first_failed_at == read.last_failed_at < later


def test_headers_of_another_topics_letter_are_ignored() -> None:
    """However consistent: a record cannot pass for the letter of a record in another topic."""
    read = again(Replayed("another.topic.v1", 2, 41, 3, FIRST).headers())
    assert (read.origin.topic, read.origin.offset, read.attempts) == (RECEIVED.name, 99, 1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("productops-origin", b"another.topic.v1/2/41"),
        ("productops-origin", b"nonsense"),
        ("productops-origin", f"{RECEIVED.name}/2/-1".encode()),
        ("productops-origin", f"{RECEIVED.name}/2/42".encode()),
        ("productops-letter", b"another"),
        ("productops-attempts", b"0"),
        ("productops-attempts", b"-4"),
        ("productops-attempts", b"many"),
        ("productops-attempts", b"9" * 40),
        ("productops-first-failed", b"yesterday"),
        ("productops-first-failed", b"\xff"),
    ],
)
def test_headers_that_make_no_sense_are_ignored(name: str, value: bytes) -> None:
    """A sender who writes such headers by mistake gets a letter of its own record."""
    headers = {**dict(BEFORE.headers()), name: value}
    read = again(list(headers.items()))
    assert (read.origin.offset, read.attempts) == (99, 1)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([name for name, _ in BEFORE.headers()]),
            st.binary(max_size=40) | st.sampled_from([v for _, v in BEFORE.headers()]),
        ),
        max_size=6,
    )
)
def test_no_headers_stop_a_letter(headers: list[tuple[str, bytes]]) -> None:
    """Whatever stands in the headers, a dead record gets its letter."""
    assert again(headers).attempts >= 1


@given(
    st.integers(0, 2**31), st.integers(0, 2**62), st.integers(1, 999_999), st.timedeltas(
        timedelta(0), timedelta(days=20_000)
    )
)  # fmt: skip
def test_what_headers_say_is_what_is_read(
    partition: int, offset: int, attempts: int, age: timedelta
) -> None:
    """The letter behind a replayed record is read back as it was written."""
    told = Replayed("a/topic.v1", partition, offset, attempts, FIRST - age)
    assert Replayed.read("a/topic.v1", told.headers()) == told
