"""What moving a group's offset means in records. Numbers by hand."""

import pytest
from aiokafka import TopicPartition

from schemas.topics import CLOCK_TICKED, RECEIVED
from workers.streaming.rebuilding.moves import Goal, Move, OutOfReachError, Place, chosen, move
from workers.streaming.rebuilding.standings import Stand

EARLIEST, LATEST = Goal(Place.EARLIEST), Goal(Place.LATEST)
TP = TopicPartition(RECEIVED.name, 1)


def stand(committed: int | None, start: int = 10, end: int = 30) -> Stand:
    """A partition of which Kafka holds 10 to 30."""
    return Stand(RECEIVED.name, 1, committed, start, end)


def meaning(made: Move) -> tuple[int, int, int, int, int]:
    """After, skipped, again, gone, waiting."""
    return made.after, made.skipped, made.again, made.gone, made.waiting


@pytest.mark.parametrize(
    ("committed", "goal", "expected"),
    [
        (25, EARLIEST, (10, 0, 15, 0, 20)),
        (25, LATEST, (30, 5, 0, 0, 0)),
        (25, Goal(Place.OFFSET, 25), (25, 0, 0, 0, 5)),
        (4, EARLIEST, (10, 0, 0, 6, 20)),
        (4, LATEST, (30, 20, 0, 6, 0)),
        (None, EARLIEST, (10, 0, 0, 0, 20)),
        (None, LATEST, (30, 20, 0, 0, 0)),
        (35, EARLIEST, (10, 0, 0, 0, 20)),
        (35, LATEST, (30, 20, 0, 0, 0)),
    ],
)
def test_records_are_counted_as_skipped_or_read_again(
    committed: int | None, goal: Goal, expected: tuple[int, int, int, int, int]
) -> None:
    """From where the group stands; where it stood is not known, from the first record held."""
    assert meaning(move(stand(committed), goal, {})) == expected


@pytest.mark.parametrize(("first", "after"), [({TP: 17}, 17), ({TP: 3}, 10), ({}, 30)])
def test_a_time_is_a_place_within_what_is_held(
    first: dict[TopicPartition, int], after: int
) -> None:
    """The first record written then or later; behind the end where there is none."""
    assert move(stand(12), Goal(Place.TIME, 1), first).after == after


@pytest.mark.parametrize("offset", [9, 31])
def test_an_offset_that_is_not_held_is_refused(offset: int) -> None:
    """The message says which ones there are."""
    with pytest.raises(OutOfReachError, match=f"holds offsets 10 to 30, not {offset}"):
        move(stand(12), Goal(Place.OFFSET, offset), {})


def test_each_offset_that_is_held_can_be_gone_to() -> None:
    """The first, the last, and the end behind it."""
    for offset in (10, 29, 30):
        assert move(stand(12), Goal(Place.OFFSET, offset), {}).after == offset


def test_what_waits_is_counted_from_the_first_record_held() -> None:
    """Without an offset all of them; gone records wait no more."""
    assert [stand(one).lag for one in (25, 4, None, 35)] == [5, 20, 20, 0]


def test_only_expired_ones_can_be_chosen() -> None:
    """Those that halt the role: not one without an offset, and not the clock."""
    clock = Stand(CLOCK_TICKED.name, 1, 4, 10, 30)
    found = [stand(4), stand(None), stand(25), stand(35), clock]
    topics = [RECEIVED.name, CLOCK_TICKED.name]
    assert [one.committed for one in chosen(found, topics, None, expired=True)] == [4, 35]
    assert chosen(found, topics, 0, expired=False) == []
    assert len(chosen(found, topics, 1, expired=False)) == 5
    assert chosen(found, [CLOCK_TICKED.name], None, expired=False) == [clock]
