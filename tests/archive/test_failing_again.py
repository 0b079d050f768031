"""Dead letters that fail again: counted, and open unless a dropped record came as it was."""

from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from schemas.platform import Origin, SettledAs
from schemas.topics import RECEIVED
from workers.archive.queries import DeadLetterFilter, attention, dead_letter_page
from workers.archive.tables import dead_letters

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TEN = NINE + timedelta(hours=1)
ELEVEN = NINE + timedelta(hours=2)

Take = Callable[..., None]
Rows = Callable[..., list[dict[str, Any]]]


def seen(engine: Engine) -> list[tuple[str | None, int]]:
    """How each letter is, and how often it failed, as the pages are told."""
    with engine.connect() as connection:
        page = dead_letter_page(connection, DeadLetterFilter(settled_too=True))
        open_ones = dead_letter_page(connection, DeadLetterFilter())
        assert attention(connection).dead_letters == len(open_ones.rows)
    assert [row for row in page.rows if row.settled_as is None] == list(open_ones.rows)
    return [(row.settled_as, row.attempts) for row in page.rows]


def test_a_workers_record_that_fails_after_its_settlement_is_open(
    engine: Engine, story: Any, take: Take
) -> None:
    """It says itself how often it has failed."""
    told = [
        story.dead_letter(RECEIVED, at=NINE),
        story.settled_letter(RECEIVED, SettledAs.REPLAYED, at=TEN),
        story.dead_letter(RECEIVED, at=ELEVEN, attempts=2, first_failed_at=NINE),
    ]
    for record in reversed(told):
        take(engine, record)
    assert seen(engine) == [(None, 2)]


def test_a_connectors_record_that_fails_again_is_counted(
    engine: Engine, story: Any, take: Take, rows: Rows
) -> None:
    """Each failure once, however often it is read; the first one's time is kept."""
    origin = Origin(topic=RECEIVED.name, source_name="support", record_id="7")
    told = [story.dead_letter(RECEIVED, at=at, origin=origin) for at in (TEN, NINE, ELEVEN)]
    for record in [*told, told[1], *told]:
        take(engine, record)
    (letter,) = rows(engine, dead_letters)
    assert (letter["first_failed_at"], letter["last_failed_at"]) == (NINE, ELEVEN)
    assert seen(engine) == [(None, 3)]


@pytest.mark.parametrize(
    ("outcome", "digests", "expected"),
    [
        (SettledAs.DROPPED, ("a", "a"), "dropped"),
        (SettledAs.DROPPED, ("a", "b"), None),
        (SettledAs.DROPPED, (None, "a"), None),
        (SettledAs.DROPPED, (None, None), None),
        (SettledAs.REPLAYED, ("a", "a"), None),
    ],
)
def test_a_dropped_record_stays_dropped_while_its_source_gives_the_same(  # noqa: PLR0917 - fixtures
    engine: Engine,
    story: Any,
    take: Take,
    outcome: SettledAs,
    digests: tuple[str | None, str | None],
    expected: str | None,
) -> None:
    """It opens when it is another one, or when nobody can tell; in whatever order it is read."""
    before, after = digests
    raw = {"value": b64encode(b"raw"), "truncated": after is None}
    origin = Origin(topic=RECEIVED.name, source_name="support", record_id="7")
    told = [
        story.dead_letter(RECEIVED, at=NINE, origin=origin, digest=before, **raw),
        story.settled_letter(RECEIVED, outcome, at=TEN, origin=origin, digest=before),
        story.dead_letter(RECEIVED, at=ELEVEN, origin=origin, digest=after, **raw),
    ]
    for record in reversed(told):
        take(engine, record)
    assert seen(engine) == [(expected, 2)]
