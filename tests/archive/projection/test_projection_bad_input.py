"""What is no event, or lies, or is hostile, is kept and stops nothing."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine

from schemas.topics import RECEIVED
from workers.archive.tables import items, parts, unreadable

TEN = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)

Take = Callable[..., None]
Rows = Callable[..., list[dict[str, Any]]]


@pytest.mark.parametrize(
    "case",
    [
        (None, "no value"),
        (b"", "json_invalid"),
        (b"\xff\xfe", "json_invalid"),
        (b"[]", "record: "),
        (b'{"specversion":"1.0"}', "id: missing"),
        (b'"\\ud800"', "json_invalid"),
    ],
)
def test_a_record_that_is_no_event_is_kept_with_the_reason(
    engine: Engine, story: Any, take: Take, rows: Rows, case: tuple[bytes | None, str]
) -> None:
    """What cannot be projected is set aside raw; its neighbours are projected."""
    raw, reason = case
    take(engine, story.record(RECEIVED.name, raw, at=TEN), story.received("1"))
    (row,) = rows(engine, unreadable)
    assert (row["topic"], row["record_offset"], row["value"]) == (RECEIVED.name, 0, raw)
    assert (row["recorded_at"], row["key"]) == (TEN, b"key")
    assert reason in row["reason"]
    assert len(rows(engine, items)) == 1


def test_a_reason_never_quotes_the_record(
    engine: Engine, story: Any, take: Take, rows: Rows
) -> None:
    """Reasons name fields and kinds of error, not what a customer wrote."""
    good = story.received("1", text="private words").value or b""
    bad = good.replace(b'"channel":"ticket"', b'"channel":"private words"')
    take(engine, story.record(RECEIVED.name, bad))
    (row,) = rows(engine, unreadable)
    assert "data.channel" in row["reason"]
    assert "private" not in row["reason"]


def test_an_event_of_another_type_is_not_projected(
    engine: Engine, story: Any, take: Take, rows: Rows
) -> None:
    """An event that names another topic as its type stands in the wrong place."""
    good = story.received("1").value or b""
    wrong = good.replace(b'"feedback.item.received.v1"', b'"feedback.item.routed.v1"')
    take(engine, story.record(RECEIVED.name, wrong))
    assert "type" in rows(engine, unreadable)[0]["reason"]
    assert rows(engine, items) == []


def test_a_year_beyond_the_calendar_is_unreadable_not_fatal(
    engine: Engine, story: Any, take: Take, rows: Rows
) -> None:
    """A time that cannot be told in UTC sets the record aside."""
    good = story.received("1", at=TEN).value or b""
    late = good.replace(b"2026-03-02T10:00:00Z", b"9999-12-31T23:59:59-12:00")
    assert late != good
    take(engine, story.record(RECEIVED.name, late))
    assert len(rows(engine, unreadable)) == 1


def test_text_with_a_null_character_is_kept_readable(
    engine: Engine, story: Any, take: Take, rows: Rows
) -> None:
    """U+0000, which PostgreSQL takes nowhere, becomes the replacement character everywhere."""
    take(
        engine,
        story.received("1", text="a\x00b", tags=("t\x00",), attributes={"k\x00": "v\x00"}),
    )
    (item,) = rows(engine, items)
    assert item["text"] == "a\ufffdb"
    assert item["tags"] == ["t\ufffd"]
    assert item["attributes"] == {"k\ufffd": "v\ufffd"}
    assert [part["text"] for part in rows(engine, parts)] == ["a\ufffdb"]


def test_hostile_and_huge_text_is_stored_as_it_is(
    engine: Engine, story: Any, take: Take, rows: Rows
) -> None:
    """Markup, quotes, marks of direction and 100,000 characters come back unchanged."""
    text = "'; DROP TABLE items; --<script>\u202e\u200b%s :x {} 🙂" + "x" * 99_000
    take(engine, story.received("1", text=text))
    assert [item["text"] for item in rows(engine, items)] == [text]
