"""Whatever the order, the batches and the repeats, the same events give the same rows."""

from base64 import b64encode
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from schemas.feedback import Customer, Kind, Part, Score, Urgency
from schemas.notification import Outcome
from schemas.platform import Origin, SettledAs
from schemas.topics import RECEIVED, REQUESTED
from tests.archive.story import START, Story
from workers.archive.projection import project
from workers.archive.tables import PROJECTED, items, parts
from workers.archive.writer import Batch, Writer
from workers.processor import Record


def _told() -> list[Record]:
    """Two items, their messages, their source and some rubbish, as they happened."""
    story = Story()
    times = [START + timedelta(minutes=minute) for minute in range(12)]
    ann, bob = (
        Customer(id="support:user:1", name="Ann", tier="gold"),
        Customer(id="support:user:2", email="bob@example.com"),
    )
    vendors = Origin(topic=RECEIVED.name, source_name="support", record_id="7")
    good, bad = Score.of(5, 1, 5, "csat_1_5"), Score.of(1, 1, 5, "csat_1_5")
    return [
        story.received("1", at=times[0], subject="Invoices", text="fail", customer=ann, score=bad),
        story.classified("1", 1, at=times[0]),
        story.routed("1", 1, at=times[0], due_at=times[9]),
        story.requested("m1", "1", at=times[0]),
        story.received("1", at=times[3], subject="Invoices", text="edited", tags=("vip",)),
        story.received("1", Part.COMMENT, "c1", at=times[4], text="hello?", customer=bob),
        story.classified("1", 2, at=times[4], kind=Kind.COMPLAINT, urgency=Urgency.CRITICAL),
        story.routed("1", 2, at=times[4], team="core", owner=None, announced=False),
        story.settled("m1", "1", Outcome.DELIVERED, at=times[5]),
        story.received("1", Part.RATING, "r1", at=times[6], score=good),
        story.received("1", Part.RATING, "r1", at=times[7]),
        story.received("2", Part.COMMENT, "c9", at=times[2], text="first", partition=1),
        story.received("2", Part.COMMENT, "c8", at=times[8], text="second", partition=1),
        story.classified("2", 1, at=times[8], partition=1),
        story.settled("m2", "2", Outcome.EXPIRED, at=times[9]),
        story.checkpoint(at=times[1]),
        story.checkpoint(at=times[10], status="waiting", remedy="wait"),
        story.dead_letter(RECEIVED, at=times[3]),
        story.settled_letter(RECEIVED, SettledAs.REPLAYED, at=times[4]),
        story.dead_letter(RECEIVED, at=times[5], attempts=2, value=b64encode(b"again")),
        story.settled_letter(RECEIVED, SettledAs.DROPPED, at=times[6]),
        story.dead_letter(RECEIVED, at=times[3], origin=vendors, digest="a"),
        story.settled_letter(RECEIVED, SettledAs.DROPPED, at=times[4], origin=vendors, digest="a"),
        story.dead_letter(RECEIVED, at=times[5], origin=vendors, digest="a"),
        story.record(RECEIVED.name, b"rubbish", at=times[5]),
        story.record(REQUESTED.name, None, at=times[5]),
    ]


TOLD = _told()


def _write(engine: Engine, records: Sequence[Record], cuts: Sequence[int]) -> None:
    writer, start = Writer(engine), 0
    for end in [*sorted(cuts), len(records)]:
        writer.write(Batch([project(record) for record in records[start:end]], ()))
        start = max(start, end)


@pytest.fixture
def as_told(engine: Engine, empty: Callable[[Engine], None], rows: Any) -> list[Any]:
    """The rows when everything arrives once, one by one, as it happened."""
    _write(engine, TOLD, range(len(TOLD)))
    found = [rows(engine, table) for table in PROJECTED]
    empty(engine)
    return found


def test_the_story_ends_as_it_should(engine: Engine, rows: Any) -> None:
    """The rows that every order must give are the right ones: a check on the property itself."""
    _write(engine, TOLD, ())
    first, second = rows(engine, items)
    assert (first["text"], first["customer_id"], first["score_raw"]) == (
        "edited",
        "support:user:2",
        None,
    )
    assert (first["kind"], first["team"], first["status"]) == ("complaint", "core", "routed")
    assert first["arrived_at"] == START
    assert first["activity_at"] == START + timedelta(minutes=7)
    assert (second["text"], second["status"]) == ("second", "classified")
    assert [part["part_id"] for part in rows(engine, parts)] == ["c1", "opening", "r1", "c8", "c9"]


@given(data=st.data())
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_order_any_batching_any_repetition_give_the_same_rows(
    engine: Engine, empty: Callable[[Engine], None], rows: Any, as_told: Any, data: st.DataObject
) -> None:
    """Records of all topics arrive in any order, cut anywhere, some of them several times."""
    order = data.draw(st.permutations(range(len(TOLD))))
    again = data.draw(st.lists(st.sampled_from(range(len(TOLD))), max_size=15))
    at = data.draw(st.lists(st.integers(0, len(TOLD)), min_size=len(again), max_size=len(again)))
    for index, place in zip(again, at, strict=True):
        order.insert(place, index)
    cuts = data.draw(st.lists(st.integers(0, len(order)), max_size=6))
    empty(engine)
    _write(engine, [TOLD[index] for index in order], cuts)
    for table, expected in zip(PROJECTED, as_told, strict=True):
        assert rows(engine, table) == expected


def test_a_repeat_writes_nothing(engine: Engine, rows: Any) -> None:
    """Records read again leave every row untouched, not merely equal."""
    _write(engine, TOLD, ())
    with engine.begin() as connection:
        for table in (items, parts):
            marked = {"url": "touched by nobody"}
            connection.execute(table.update().values(marked))
    _write(engine, TOLD, ())
    for table in (items, parts):
        assert {row["url"] for row in rows(engine, table)} == {"touched by nobody"}
