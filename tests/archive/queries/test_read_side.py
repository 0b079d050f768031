"""The queries of the pages give the same on SQLite and PostgreSQL."""

from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from workers.archive.queries import (
    ArchiveUnavailableError,
    Cursor,
    CursorError,
    DeadLetterFilter,
    InboxFilter,
    State,
    attention,
    choices,
    dead_letter,
    dead_letter_page,
    freshness,
    inbox_page,
    item,
    message_page,
    newest_item,
    part_text,
    reading,
    sources,
    unprojected,
)
from workers.archive.tables import dead_letters, items, messages, offsets, parts
from workers.archive.tables import sources as sources_table

NOW = datetime(2026, 3, 12, 10, 30, 15, 250_000, tzinfo=UTC)


def add_item(connection: Any, item_id: str, minutes: float = 0, **more: Any) -> None:
    """One row as the projection leaves it."""
    at = NOW - timedelta(minutes=minutes)
    row = {
        "item_id": item_id,
        "source_name": "support",
        "status": "routed",
        "arrived_at": at,
        "activity_at": at,
        "vendor": "zendesk",
        "channel": "ticket",
        "subject": "",
        "text": "",
        "tags": ["a"],
        "attributes": {"b": "c"},
        "created_at": at,
        "classified_revision": 1,
        "kind": "bug",
        "urgency": "normal",
        "matches": [{"label": "kind=bug", "rule": "r", "words": ["w"], "reason": ""}],
        "routed_revision": 1,
        "targets": [{"receiver": "x", "route": "y", "reason": "z"}],
        "announced": True,
        **more,
    }
    connection.execute(items.insert(), row)


def add_part(connection: Any, item_id: str, part_id: str, text: str, **more: Any) -> None:
    """One part as the projection leaves it."""
    row = {
        "item_id": item_id,
        "part_id": part_id,
        "version": "1",
        "part": part_id,
        "subject": "",
        "text": text,
        "truncated": False,
        "updated_at": NOW,
        "event_source": "s",
        "event_id": "e",
        **more,
    }
    connection.execute(parts.insert(), row)


def all_pages(connection: Any, chosen: InboxFilter, limit: int) -> list[list[str]]:
    """Ids page by page, from the newest to the last."""
    found, after = [], None
    while True:
        page = inbox_page(connection, chosen, after=after, limit=limit)
        found.append([row.item_id for row in page.rows])
        if page.older is None:
            return found
        after = Cursor.decode(page.older)


@given(
    minutes=st.lists(st.integers(0, 5), min_size=1, max_size=14),
    limit=st.integers(1, 5),
    arrivals=st.lists(st.integers(-2, 7), max_size=6),
)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_paging_shows_every_item_once_whatever_arrives(
    engine: Engine, empty: Any, minutes: list[int], limit: int, arrivals: list[int]
) -> None:
    """Items of one moment, pages of any size, arrivals before, between and after."""
    empty(engine)
    with engine.begin() as connection:
        for number, age in enumerate(minutes):
            add_item(connection, f"item-{number}", age)
    seen: list[str] = []
    after, waiting = None, list(enumerate(arrivals))
    while True:
        with reading(engine) as connection:
            page = inbox_page(connection, InboxFilter(), after=after, limit=limit)
        seen += [row.item_id for row in page.rows]
        if page.older is None:
            break
        after = Cursor.decode(page.older)
        if waiting:
            number, age = waiting.pop()
            with engine.begin() as connection:
                add_item(connection, f"late-{number}", age)
    assert len(seen) == len(set(seen))
    assert {f"item-{number}" for number in range(len(minutes))} <= set(seen)
    activity = dict(zip((f"item-{n}" for n in range(len(minutes))), minutes, strict=True))
    ages = [activity[one] for one in seen if one in activity]
    assert ages == sorted(ages)


def test_going_back_gives_the_same_pages(engine: Engine) -> None:
    """``newer`` of a page leads to the page that led there."""
    with engine.begin() as connection:
        for number in range(11):
            add_item(connection, f"item-{number:02}", number // 4)
        there = all_pages(connection, InboxFilter(), 3)
        last = inbox_page(connection, InboxFilter(), limit=3)
        while last.older:
            last = inbox_page(connection, InboxFilter(), after=Cursor.decode(last.older), limit=3)
        back = [[row.item_id for row in last.rows]]
        while last.newer:
            last = inbox_page(connection, InboxFilter(), before=Cursor.decode(last.newer), limit=3)
            back.append([row.item_id for row in last.rows])
    assert list(chain(*there)) == list(chain(*back[::-1]))
    assert len(there) == 4


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        (InboxFilter(text="50% off_"), ["percent"]),
        (InboxFilter(text="\\"), ["slash"]),
        (InboxFilter(text="ärger"), ["umlaut"]),
        (InboxFilter(text="ÄRGER"), ["umlaut"]),
        (InboxFilter(text="commented"), ["percent"]),
        (InboxFilter(text="umlaut"), ["umlaut"]),
        (InboxFilter(owner="-"), ["slash", "umlaut"]),
        (InboxFilter(urgency="urgent"), ["slash"]),
        (InboxFilter(state=State.HISTORY), ["umlaut"]),
        (InboxFilter(state=State.UNROUTED), []),
        (InboxFilter(since=NOW - timedelta(minutes=1)), ["percent", "slash"]),
    ],
)
def test_filters_mean_the_same_on_both(
    engine: Engine, chosen: InboxFilter, found: list[str]
) -> None:
    """Wild-cards mean themselves, letters beyond ASCII are found in either case."""
    with engine.begin() as connection:
        add_item(connection, "percent", 0, owner="maya")
        add_item(connection, "slash", 1, urgency="high")
        add_item(connection, "umlaut", 2, subject="Ärger", announced=False)
        for item_id, part_id, text in (
            ("percent", "opening", "50% off_"),
            ("percent", "comment", "Commented later"),
            ("slash", "opening", "back \\ slash"),
        ):
            add_part(connection, item_id, part_id, text)
        assert list(chain(*all_pages(connection, chosen, 10))) == found


def test_everything_about_an_item_is_read_back(engine: Engine) -> None:
    """Columns, JSON and parts arrive as values; long text is cut and can be had whole."""
    long = "x" * 30_000
    with engine.begin() as connection:
        add_item(connection, "one", score_raw=2, score_low=1, score_high=5, score_scale="s",
                 score_normalised=0.25, themes=["t"], due_at=NOW)  # fmt: skip
        add_part(connection, "one", "opening", long, truncated=True)
        connection.execute(
            messages.insert(),
            {"message_id": "m", "receiver": "r", "about": "one", "requested_at": NOW, "title": "t"},
        )
        seen = item(connection, "one")
        assert part_text(connection, "one", "opening") == long
        assert part_text(connection, "one", "other") is None
        assert item(connection, "two") is None
        newest = newest_item(connection)
    assert seen is not None
    assert seen.score is not None
    assert (seen.score.raw, seen.score.normalised) == (2, 0.25)
    assert seen.attributes == (("b", "c"),)
    assert seen.matches[0].words == ("w",)
    assert seen.targets[0].reason == "z"
    assert seen.due_at == NOW
    assert (seen.parts[0].length, len(seen.parts[0].text)) == (30_000, 20_000)
    assert [message.outcome for message in seen.messages] == ["pending"]
    assert newest == Cursor(NOW, "one")


def test_status_is_read_back(engine: Engine) -> None:
    """Sources with their numbers, messages by outcome, dead letters by id, counts, freshness."""
    with engine.begin() as connection:
        for number, age in enumerate((0, 5, 60 * 24)):
            add_item(connection, f"item-{number}", age, owner="maya", language="de", area=None)
        connection.execute(
            sources_table.insert(),
            {
                "source_name": "support",
                "version": "1",
                "saved_at": NOW,
                "vendor": "zendesk",
                "status": "stopped",
                "remedy": "Renew it.",
                "checkpoint": {},
                "records": 1,
                "dead": 0,
            },
        )
        connection.execute(
            messages.insert(),
            [
                {"message_id": "m1", "receiver": "r", "about": "a", "outcome": "failed",
                 "requested_at": NOW, "settled_at": NOW},
                {"message_id": "m2", "receiver": "r", "about": "a", "outcome": "failed",
                 "requested_at": None, "settled_at": NOW - timedelta(minutes=1)},
                {"message_id": "m3", "receiver": "r", "about": "a", "outcome": None,
                 "requested_at": NOW - timedelta(minutes=2), "settled_at": None},
            ],
        )  # fmt: skip
        letter = {
            "topic": "t.dlq",
            "partition": 1,
            "origin_topic": "t",
            "origin_partition": 0,
            "origin_offset": 7,
            "source_name": "support",
            "error_class": "decode",
            "message": "no event",
            "value": b"\x00\xff",
            "truncated": False,
            "headers": {"h": "v"},
            "attempts": 1,
            "role": "feedback",
            "worker_version": "1",
            "first_failed_at": NOW,
            "last_failed_at": NOW,
        }
        connection.execute(
            dead_letters.insert(),
            [
                {**letter, "letter_id": f"t/0/{number}", "settled_as": settled,
                 "settled_at": NOW if settled else None, "record_offset": number,
                 "settled_offset": 12 if settled else None,
                 "latest_offset": number}
                for number, settled in ((5, None), (10, None), (11, "dropped"))
            ],
        )  # fmt: skip
        connection.execute(
            offsets.insert(),
            [
                {"topic": "t", "partition": number, "next_offset": 5, "end_offset": 5 + number,
                 "fence": 1, "owner": "o", "committed_at": NOW,
                 "checked_at": NOW - timedelta(seconds=number)}
                for number in (0, 3)
            ],
        )  # fmt: skip
        (support,) = sources(connection, NOW.replace(hour=0))
        assert (support.items_today, support.dead, support.remedy) == (2, 2, "Renew it.")
        assert [row.message_id for row in message_page(connection).rows] == ["m1", "m2", "m3"]
        failed = message_page(connection, "failed", limit=1)
        assert failed.older is not None
        rest = message_page(connection, "failed", after=Cursor.decode(failed.older), limit=1)
        assert [row.message_id for row in rest.rows] == ["m2"]
        assert [row.message_id for row in message_page(connection, "pending").rows] == ["m3"]
        listed = dead_letter_page(connection, DeadLetterFilter(topic="t"))
        assert {row.letter_id for row in listed.rows} == {
            "t.dlq/feedback/t/0/5",
            "t.dlq/feedback/t/0/10",
        }
        every = dead_letter_page(connection, DeadLetterFilter(settled_too=True))
        assert {row.settled_as for row in every.rows} == {None, "dropped"}
        seen = dead_letter(connection, "t.dlq/feedback/t/0/10")
        assert seen is not None
        assert (seen.topic, seen.partition, seen.record_offset) == ("t.dlq", 1, 10)
        assert seen.event_id == "t/0/10"
        assert (seen.value, seen.headers) == (b"\x00\xff", (("h", "v"),))
        for unknown in ("t.dlq/feedback/t/0/6", "t.dlq", "t.dlq/kpis/t/0/5", ""):
            assert dead_letter(connection, unknown) is None
        assert unprojected(connection) == ()
        counted = attention(connection)
        assert (counted.stopped_sources, counted.failed_messages, counted.dead_letters) == (1, 2, 2)
        present = choices(connection)
        assert (present.owners, present.languages, present.areas) == (("maya",), ("de",), ())
        fresh = freshness(connection)
        assert (fresh.checked_at, fresh.lag) == (NOW - timedelta(seconds=3), 3)


@given(st.datetimes(timezones=st.just(UTC)), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=80))  # fmt: skip  # noqa: E501
def test_a_cursor_survives_the_address(at: datetime, key: str) -> None:
    """What is written into an address is read back exactly."""
    cursor = Cursor(at, key)
    assert Cursor.decode(cursor.encode()) == cursor


@given(st.text(max_size=60))
def test_what_is_no_cursor_is_refused(text: str) -> None:
    """Any other text raises ``CursorError`` and nothing else."""
    try:
        cursor = Cursor.decode(text)
    except CursorError:
        return
    assert cursor.id


def test_a_missing_table_is_told_in_words(engine: Engine) -> None:
    """A read model that was never set up names the role that does it."""
    items_gone = items.name
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE parts")
        connection.exec_driver_sql(f"DROP TABLE {items_gone}")
    with (
        pytest.raises(ArchiveUnavailableError, match="productops run archive"),
        reading(engine) as connection,
    ):
        inbox_page(connection, InboxFilter())
