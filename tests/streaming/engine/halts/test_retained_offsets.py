"""An offset that Kafka no longer holds is told, never skipped."""

import pytest
from aiokafka import TopicPartition
from structlog.testing import capture_logs

from schemas.topics import CLOCK_TICKED, RECEIVED, ROUTED
from workers.streaming.engine.halts.retained import OffsetsExpiredError, check_offsets, gone

TP = TopicPartition(RECEIVED.name, 2)
OTHER = TopicPartition(ROUTED.name, 2)
TICKS = TopicPartition(CLOCK_TICKED.name, 2)
GROUP = "productops-feedback"


@pytest.mark.parametrize("offset", [10, 15, 20])
def test_an_offset_within_what_is_held_is_fine(offset: int) -> None:
    """The first record held, any after it, and the end are places to go on from."""
    check_offsets(GROUP, {TP: offset}, {TP: (10, 20)}, {"row": 1})


def test_an_offset_that_retention_has_passed_is_refused_with_the_number_at_stake() -> None:
    """The message names the group, the place, the first record held, and how many are gone."""
    with pytest.raises(
        OffsetsExpiredError,
        match=rf"{GROUP} stands at offset 7 of {TP.topic} partition 2.*before 10: up to 3 records",
    ):
        check_offsets(GROUP, {TP: 7}, {TP: (10, 20)}, {})


def test_an_offset_behind_the_end_is_refused() -> None:
    """A topic that was created anew has other records under the old numbers."""
    with pytest.raises(OffsetsExpiredError, match=r"stands at offset 21 .* which ends at 20"):
        check_offsets(GROUP, {TP: 21}, {TP: (10, 20)}, {})


@pytest.mark.parametrize("clock", [{}, {TICKS: 7}])
def test_state_without_an_offset_of_any_input_is_refused(clock: dict[TopicPartition, int]) -> None:
    """Reading everything again would count it twice; the clock's offset proves nothing."""
    with pytest.raises(OffsetsExpiredError, match=r"no committed offsets .* 1 rows"):
        check_offsets(GROUP, clock, {TP: (0, 20), TICKS: (5, 9)}, {"row": 1})


def test_state_made_of_anything_but_records_needs_no_offset() -> None:
    """Where no input has ever held a record there is nothing to count again."""
    check_offsets(GROUP, {}, {TP: (0, 0), TICKS: (5, 9)}, {"row": 1})


def begun(committed: dict[TopicPartition, int], held: tuple[int, int]) -> list[tuple[str, int]]:
    """The inputs of which the log says that they are read from their beginning, and how much."""
    with capture_logs() as log:
        check_offsets(GROUP, committed, {TP: (3, 20), OTHER: held, TICKS: (5, 9)}, {"row": 1})
    return [(one["topic"], one["records"]) for one in log if one["event"] == "input_begins"]


def test_one_input_without_an_offset_is_read_from_its_beginning_and_told() -> None:
    """It may be new to the role; in the log stands which one, and how many records that is."""
    assert begun({TP: 12, TICKS: 7}, (10, 16)) == [(OTHER.topic, 6)]
    assert begun({TP: 12, TICKS: 7, OTHER: 16}, (10, 16)) == []


def test_an_input_that_never_held_a_record_is_not_worth_a_line() -> None:
    """Its first record will be the first that is read."""
    assert begun({TP: 12}, (0, 0)) == []


def test_a_new_group_is_told_nothing() -> None:
    """That everything is read from its beginning is what a new role does."""
    with capture_logs() as log:
        check_offsets(GROUP, {}, {TP: (0, 20), TICKS: (5, 9)}, {})
    assert log == []


def test_a_group_that_has_never_read_begins_at_the_start() -> None:
    """Neither offsets nor state: a new group."""
    check_offsets(GROUP, {}, {TP: (10, 20)}, {})


def test_ticks_of_the_clock_that_are_gone_are_of_no_interest() -> None:
    """They are kept for a day; a role that was away for longer goes on all the same."""
    check_offsets(GROUP, {TP: 12, TICKS: 3}, {TP: (10, 20), TICKS: (5, 9)}, {})


def remedy(committed: dict[TopicPartition, int], state: dict[str, int]) -> str:
    """What is to be done where the input holds 10 to 20."""
    with pytest.raises(OffsetsExpiredError) as caught:
        check_offsets(GROUP, committed, {TP: (10, 20)}, state)
    return caught.value.remedy


def test_each_case_has_its_own_way_out() -> None:
    """As commands of ours with the role's name, and the setting that prevents it.

    Records that are gone: on with what is left, in the partitions concerned and in no other. A
    topic made anew: all of it, or what came since the loss. Offsets that are gone: from about
    where it stood, or all anew; from the beginning on top of the rows is no way out.
    """
    passed, anew, forgotten = remedy({TP: 7}, {}), remedy({TP: 21}, {}), remedy({}, {"row": 1})
    for one in (passed, anew):
        assert "`productops offsets reset feedback --expired --to-earliest`" in one
    assert "retention.ms" in passed
    assert "`productops offsets reset feedback --expired --to TIME`" in anew
    ways, warning = forgotten.split("is right only where", maxsplit=1)
    assert "`productops offsets reset feedback --to TIME`" in ways
    assert "`productops state clear feedback`" in ways
    assert "counted again" in warning
    assert "offsets.retention.minutes" in warning
    assert gone(GROUP, TP, 3).remedy == passed
