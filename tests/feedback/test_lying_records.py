"""Malformed, oversized and lying records."""

import json
import time
from typing import Any

import pytest

from schemas.topics import CLOCK_TICKED, RECEIVED
from tests.feedback.items import NOW, classified, processor, received, requested
from workers.processor import Malformed, Record

ONE = received("hello")


def record(value: bytes | None, key: bytes | None = b"desk:ticket:1") -> Record:
    """A record of the received topic."""
    return Record(RECEIVED.name, 0, 7, key, value, NOW)


def changed(**data: Any) -> bytes:
    """A well-formed event with some of its data replaced."""
    event = json.loads(ONE.to_json())
    event["data"] |= data
    return json.dumps(event).encode()


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (None, "no value"),
        (b"", "JSON"),
        (b"\xff\xfe{", "JSON"),
        (b"[" * 10_000, "JSON"),
        (b"null", "object"),
        (changed(text="secret words" * 10_000), "data.text"),
        (changed(created_at="yesterday, said Jane"), "data.created_at"),
        (changed(created_at="0001-01-01T00:00:00+14:00"), "UTC"),
        (changed(updated_at="2026-01-01T00:00:00"), "data.updated_at"),
        (
            changed(score={"raw": -3, "low": 0, "high": 10, "scale": "nps", "normalised": 0}),
            "outside its scale",
        ),
        (changed(item_id="desk:ticket:2"), "partitionkey"),
        (changed(text="\ud800"), "JSON"),
        (ONE.to_json().replace(RECEIVED.name.encode(), CLOCK_TICKED.name.encode()), "type"),
    ],
)
def test_what_is_no_feedback_is_malformed(value: bytes | None, says: str) -> None:
    """The reason names the field and what is wrong, never the words."""
    with pytest.raises(Malformed) as refused:
        processor().decode(record(value))
    assert says in str(refused.value)
    assert "secret words" not in str(refused.value)
    assert "Jane" not in str(refused.value)


def test_a_record_under_another_key_is_malformed() -> None:
    """Parts of one item must meet in one partition, so the key is checked."""
    for key in (None, b"", b"desk:ticket:2"):
        with pytest.raises(Malformed, match="key"):
            processor().decode(record(ONE.to_json(), key))


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>" * 3_000,
        "\u202e\u200b\u2066" * 30_000,
        "crash " * 16_000,
        "?" * 100_000,
        "😀" * 50_000,
        "\ufdfa" * 100_000,
        "'" * 100_000,
        "a@a." * 25_000,
        "not " * 25_000,
        "would be would be " * 5_000,
        "x" * 100_000,
    ],
)
def test_a_giant_text_is_handled_quickly(text: str) -> None:
    """100,000 characters of anything are classified, routed and quoted in under a second."""
    started = time.process_time()
    outcome = processor().process([received(text, subject=text[:1_000])], {}, NOW)
    assert time.process_time() - started < 1
    assert len(classified(outcome)) == 1
    assert all(len(one.value) < 20_000 for one in outcome.emissions)


def test_hidden_text_is_not_quoted_to_people() -> None:
    """Scripts and direction marks do not reach a message."""
    text = "<script>steal()</script>Look \u202eereh\u202c <b>here</b>"
    (message,) = requested(processor().process([received(text, subject=text)], {}, NOW))
    assert message.body == "Look ereh here"
    assert "steal" not in message.title
