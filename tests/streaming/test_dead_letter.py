from schemas.platform import DeadLetter, ErrorClass
from schemas.topics import RECEIVED, topic_named
from workers.processor import Record
from workers.streaming.engine.dead_letters import MAX_RAW_BYTES, letter
from workers.streaming.engine.evaluate import Dead

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


def test_an_oversized_record_is_cut_and_says_so() -> None:
    """A letter always fits its topic; cutting is marked."""
    emission = letter(dead(b"x" * 3_000_000, b"k" * 900_000), role="feedback", now=NOW)
    read = topic_named(emission.topic).event_model().from_json(emission.value).data
    assert isinstance(read, DeadLetter)
    assert read.truncated
    assert len(read.value) == MAX_RAW_BYTES
