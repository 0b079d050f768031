"""Taking partitions over: where reading goes on, and what is said about what is missing."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine

from workers.archive import ledger
from workers.archive.ledger import Advance, Claim, Extent, Spot, Takeover
from workers.archive.tables import gaps, meta, offsets

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ONE, TWO = Spot("a", 0), Spot("a", 1)
Rows = Callable[..., list[dict[str, Any]]]


def _take(
    engine: Engine,
    extents: dict[Spot, Extent],
    owner: str = "me",
    cluster_id: str | None = None,
) -> Takeover:
    with engine.begin() as connection:
        return ledger.take_over(connection, extents, owner=owner, now=NOW, cluster_id=cluster_id)


def _advance(engine: Engine, spot: Spot, claim: Claim, to: int) -> None:
    step = Advance(spot, claim.fence, claim.next_offset, to, to, wrote=True)
    with engine.begin() as connection:
        ledger.advance(connection, [step], now=NOW)


def test_a_new_partition_is_read_from_its_first_record(engine: Engine, rows: Rows) -> None:
    """A partition nobody has read begins at the first record there is, which is no gap."""
    taken = _take(engine, {ONE: Extent(0, 5), TWO: Extent(100, 120)})
    assert taken.claims == {ONE: Claim(1, 0), TWO: Claim(1, 100)}
    assert taken.gaps == []
    assert [row["end_offset"] for row in rows(engine, offsets)] == [5, 120]


def test_reading_goes_on_where_it_stopped_under_a_higher_fence(engine: Engine) -> None:
    """The next owner begins at the offset that was committed with the rows."""
    claim = _take(engine, {ONE: Extent(0, 9)}).claims[ONE]
    _advance(engine, ONE, claim, 7)
    assert _take(engine, {ONE: Extent(0, 9)}, owner="other").claims == {ONE: Claim(2, 7)}


def test_expired_records_are_a_recorded_gap(engine: Engine, rows: Rows) -> None:
    """Records gone unread are kept as a gap, and reading goes on at the first record."""
    claim = _take(engine, {ONE: Extent(0, 9)}).claims[ONE]
    _advance(engine, ONE, claim, 7)
    taken = _take(engine, {ONE: Extent(20, 30)})
    assert taken.claims[ONE].next_offset == 20
    assert [(gap.first_offset, gap.next_offset) for gap in taken.gaps] == [(7, 20)]
    (row,) = rows(engine, gaps)
    assert (row["topic"], row["partition"], row["found_at"]) == ("a", 0, NOW)
    assert "retention" in row["reason"]
    assert _take(engine, {ONE: Extent(20, 30)}).gaps == []


def test_a_topic_made_anew_is_read_from_its_start(engine: Engine, rows: Rows) -> None:
    """A partition shorter than what was read from it is another one: it is read whole."""
    claim = _take(engine, {ONE: Extent(0, 9)}).claims[ONE]
    _advance(engine, ONE, claim, 9)
    taken = _take(engine, {ONE: Extent(0, 4)})
    assert taken.claims[ONE].next_offset == 0
    assert "made anew" in rows(engine, gaps)[0]["reason"]


def test_a_partition_read_to_its_end_has_no_gap(engine: Engine) -> None:
    """Standing exactly at the end, or at the first record, is being up to date."""
    claim = _take(engine, {ONE: Extent(0, 9)}).claims[ONE]
    _advance(engine, ONE, claim, 9)
    assert _take(engine, {ONE: Extent(9, 9)}).gaps == []


def test_offsets_of_another_cluster_mean_nothing(engine: Engine, rows: Rows) -> None:
    """On another cluster everything is read from the first record, by whoever comes first."""
    claim = _take(engine, {ONE: Extent(0, 9), TWO: Extent(0, 9)}, cluster_id="old").claims[ONE]
    _advance(engine, ONE, claim, 5)
    same = _take(engine, {ONE: Extent(0, 9)}, cluster_id="old").claims[ONE]
    assert same.next_offset == 5
    moved = _take(engine, {ONE: Extent(3, 9)}, cluster_id="new").claims[ONE]
    assert moved.next_offset == 3
    assert moved.fence == same.fence + 2
    assert {row["name"]: row["value"] for row in rows(engine, meta)} == {"cluster_id": "new"}
    with pytest.raises(ledger.FencedError):
        _advance(engine, ONE, same, 6)
