"""What may be replayed, what is written, and why not."""

from base64 import b64encode
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from schemas.platform import DeadLetter, Origin, RawHeader, SettledAs
from schemas.topics import RECEIVED, REQUESTED, ROUTED
from tests.letters.conftest import START
from workers.letters.decision import Refusal, Write, drop, replay, settlement
from workers.letters.letter import Fold, Letter, read_letter
from workers.processor import Record
from workers.streaming.engine.evaluation.dead_letters import letter as letter_of
from workers.streaming.engine.evaluation.evaluate import Dead

NOW = START + timedelta(days=1)
Make = Callable[..., Record]


def read(record: Record) -> tuple[Letter, DeadLetter]:
    """A letter, and its record with the raw bytes."""
    event = read_letter(record)
    assert event is not None
    (letter,) = Fold([record]).letters
    return letter, event.data


def decided(record: Record, *, now: datetime = NOW, force: bool = False) -> Write | Refusal:
    """What a replay of the letter comes to."""
    return replay(*read(record), now=now, force=force)


def event_of(at: datetime) -> bytes:
    """The bytes of some event of that time."""
    return (
        '{"specversion": "1.0", "id": "1", "source": "/x", "type": "t", '
        f'"time": "{at.isoformat()}", "partitionkey": "k", "data": {{}}}}'
    ).encode()


def test_a_replayed_record_is_the_record_that_died(record: Make) -> None:
    """Topic, key, bytes and the sender's headers are those of the dead record."""
    write = decided(record(value=b"\x00\xffraw", key=b"item", attempts=2))
    assert isinstance(write, Write)
    assert (write.topic, write.key, write.value) == (RECEIVED.name, b"item", b"\x00\xffraw")
    assert write.partition is None
    assert dict(write.headers) == {
        "trace": b"t",
        "productops-letter": f"{RECEIVED.name}/2/41".encode(),
        "productops-origin": f"{RECEIVED.name}/2/41".encode(),
        "productops-attempts": b"2",
        "productops-first-failed": START.isoformat().encode(),
    }


def test_a_record_without_a_key_goes_back_to_its_partition(record: Make) -> None:
    """Nothing else says where it belongs."""
    write = decided(record(key=None))
    assert isinstance(write, Write)
    assert (write.key, write.partition) == (None, 2)


@pytest.mark.parametrize("key", [b"item", None])
def test_a_second_failure_is_the_same_letter(record: Make, key: bytes | None) -> None:
    """The worker that fails on the replayed record writes the letter it was, counted on."""
    first = record(3, key=key)
    write = decided(first)
    assert isinstance(write, Write)
    replayed = Record(write.topic, 2, 977, write.key, write.value, 0, write.headers)
    emission = letter_of(
        Dead(replayed, read(first)[1].error_class, "why"),
        role="feedback",
        now=int(NOW.timestamp() * 1000),
    )
    second = Record(emission.topic, 0, 8, emission.key, emission.value, 0)
    assert emission.key == first.key
    (letter,) = Fold([first, second]).letters
    assert (letter.data.attempts, letter.data.first_failed_at) == (2, START)
    assert (letter.offset, letter.data.last_failed_at) == (8, NOW)


def test_a_connectors_record_is_not_replayed(record: Make) -> None:
    """It never was an event: the refusal says who reads it again, and what to do."""
    origin = Origin(topic=RECEIVED.name, source_name="support", record_id="ticket/7")
    refusal = decided(record(origin=origin, letter_id="support/ticket/7"), force=True)
    assert isinstance(refusal, Refusal)
    assert "never was in" in refusal.reason
    assert "productops sources try support" in refusal.remedy
    assert "productops dlq drop support/ticket/7" in refusal.remedy


def test_a_cut_record_is_not_replayed(record: Make) -> None:
    """What was not kept cannot be written back, whatever somebody forces."""
    refusal = decided(record(truncated=True), force=True)
    assert isinstance(refusal, Refusal)
    assert "first 3 bytes" in refusal.reason


def test_what_was_null_is_null_again(record: Make) -> None:
    """A record that deleted its key does so again, and a header without a value has none."""
    headers = (RawHeader(name="a", value=None), RawHeader(name="a", value=b64encode(b"\xff")))
    write = decided(record(value=b"", value_is_null=True, raw_headers=headers))
    assert isinstance(write, Write)
    assert write.value is None
    assert write.headers[:2] == (("a", None), ("a", b"\xff"))
    empty = decided(record(value=b""))
    assert isinstance(empty, Write)
    assert empty.value == b""


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"raw_headers": (), "headers_truncated": True}, "only the first of its headers"),
        ({"headers": {"trace": "\ufffd"}}, "version 0.1.0 kept its headers as text"),
        ({"headers": {"trace": "x" * 256}}, "version 0.1.0 kept its headers as text"),
        ({"headers": {"x" * 256: ""}}, "version 0.1.0 kept its headers as text"),
        ({"headers": {str(number): "" for number in range(32)}}, "version 0.1.0 kept"),
    ],
)
def test_other_headers_than_the_record_had_need_somebody_who_says_so(
    record: Make, fields: dict[str, Any], why: str
) -> None:
    """What was cut, or may have been changed by a former version, is not written unasked."""
    refusal = decided(record(**fields))
    assert isinstance(refusal, Refusal)
    assert refusal.reason.startswith(why)
    assert refusal.remedy.endswith("anyway")
    assert refusal.forceable
    assert isinstance(decided(record(**fields), force=True), Write)


@pytest.mark.parametrize(
    ("topic", "fields", "age_days", "refused"),
    [
        (RECEIVED.name, {}, 89.9, False),
        (RECEIVED.name, {}, 90, True),
        # history that was imported: what counts is when it came
        (RECEIVED.name, {"value": event_of(START - timedelta(days=400))}, 1, False),
        (REQUESTED.name, {"value": event_of(START - timedelta(days=400))}, 1, True),
        (REQUESTED.name, {"value": event_of(START)}, 89.9, False),
        (REQUESTED.name, {"value": event_of(START)}, 90, True),
        (REQUESTED.name, {"value": b"no event"}, 89.9, False),
        (REQUESTED.name, {"value": b"no event"}, 90, True),
        # nobody who reads this remembers anything
        (ROUTED.name, {}, 400, False),
    ],
)
def test_what_its_reader_has_forgotten_is_refused(
    record: Make, topic: str, fields: dict[str, Any], age_days: float, *, refused: bool
) -> None:
    """Beyond the identity horizon a replay needs somebody who says so."""
    letter = record(origin=Origin(topic=topic, partition=0, offset=1), **fields)
    now = START + timedelta(days=age_days)
    found = decided(letter, now=now)
    assert isinstance(found, Refusal) == refused
    if isinstance(found, Refusal):
        assert "90 days" in found.reason
        assert found.remedy.endswith("anyway")
        assert found.forceable
    assert isinstance(decided(letter, now=now, force=True), Write)


def test_a_settled_letter_is_refused(record: Make) -> None:
    """Nobody replays or drops twice; what was dropped by mistake can be forced back."""
    first = record(3)
    letter, raw = read(first)
    for outcome, forced in ((SettledAs.REPLAYED, Refusal), (SettledAs.DROPPED, Write)):
        closing = settlement(letter, outcome, NOW)
        closed = Record(closing.topic, 0, 4, closing.key, closing.value, 0)
        (settled,) = Fold([first, closed]).letters
        refusal = replay(settled, raw, now=NOW)
        assert isinstance(refusal, Refusal)
        assert refusal.reason == f"it was {outcome.value} on 2026-03-03 09:00 UTC"
        assert drop(settled) == Refusal(refusal.reason, "nothing to do")
        assert isinstance(replay(settled, raw, now=NOW, force=True), forced)
    assert drop(letter) is None
