"""Personal data is named, and leaves the read model when it has left the topics."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine

from schemas.notification import Outcome
from schemas.platform import Origin
from schemas.topics import RECEIVED, REGISTRY
from tests.archive.story import START, Story
from workers.archive.retention import PERSONAL, expire
from workers.archive.tables import (
    dead_letters,
    failures,
    items,
    messages,
    metadata,
    parts,
    unreadable,
)

Take = Callable[..., None]
Rows = Callable[..., list[dict[str, Any]]]
LATER = START + timedelta(days=401)


def test_rows_go_when_their_records_have_gone(
    engine: Engine, story: Story, take: Take, rows: Rows
) -> None:
    """After the topics' retention items go with their parts, and messages and rubbish too."""
    take(
        engine,
        story.received("old", text="words"),
        story.requested("m1", "old"),
        story.settled("m1", "old", Outcome.DELIVERED),
        story.record(RECEIVED.name, b"rubbish"),
        story.dead_letter(RECEIVED, origin=Origin(topic=RECEIVED.name, source_name="support")),
    )
    assert set(expire(engine, START + timedelta(days=1)).values()) == {0}
    assert expire(engine, LATER) == {
        "items": 1,
        "messages": 1,
        "dead_letters": 1,
        "failures": 1,
        "unreadable": 1,
    }
    for table in (items, parts, messages, dead_letters, failures, unreadable):
        assert rows(engine, table) == []


def test_dead_letters_go_after_their_own_shorter_time(
    engine: Engine, story: Story, take: Take, rows: Rows
) -> None:
    """Raw records are kept as long as their dead-letter topic keeps them: 90 days."""
    take(engine, story.received("1"), story.dead_letter(RECEIVED))
    expire(engine, START + timedelta(days=89))
    assert len(rows(engine, dead_letters)) == 1
    expire(engine, START + timedelta(days=91))
    assert rows(engine, dead_letters) == []
    assert len(rows(engine, items)) == 1


def test_history_is_kept_from_the_day_it_was_loaded(
    engine: Engine, story: Story, take: Take, rows: Rows
) -> None:
    """What is old in the world but new in Kafka stays as long as Kafka has it."""
    take(engine, story.received("1", at=START, written=LATER - timedelta(days=1)))
    assert expire(engine, LATER)["items"] == 0
    assert len(rows(engine, items)) == 1


def test_an_item_stays_while_somebody_still_speaks_of_it(
    engine: Engine, story: Story, take: Take, rows: Rows
) -> None:
    """An old item with a recent comment, or a recent route, is kept whole."""
    take(engine, story.received("1"), story.routed("1", 2, at=LATER - timedelta(days=5)))
    assert expire(engine, LATER)["items"] == 0
    assert len(rows(engine, parts)) == 1


def test_every_table_fed_by_a_personal_topic_names_its_personal_columns() -> None:
    """Columns that hold names, addresses or customers' words are marked as such."""
    marked = {holding.table: set(holding.columns) for holding in PERSONAL}
    assert marked["items"] >= {"subject", "text", "customer_name", "customer_email", "attributes"}
    assert marked["parts"] >= {"subject", "text"}
    assert marked["messages"] >= {"title", "body"}
    assert marked["dead_letters"] >= {"key", "value"}
    assert marked["unreadable"] >= {"key", "value"}
    assert "sources" not in marked
    assert set(marked) <= set(metadata.tables)


def test_nothing_personal_is_kept_longer_than_in_its_topic() -> None:
    """The retention of a table is that of the topic its personal data comes from."""
    longest = max(topic.retention_ms for topic in REGISTRY if topic.data is not None)
    assert all(holding.kept <= timedelta(milliseconds=longest) for holding in PERSONAL)
    kept = {holding.table: holding.kept for holding in PERSONAL}
    assert kept["items"] == timedelta(milliseconds=RECEIVED.retention_ms)
    assert kept["dead_letters"] == timedelta(days=90)
