"""An offset that Kafka no longer holds is told, never skipped."""

import pytest
from aiokafka import TopicPartition

from schemas.topics import CLOCK_TICKED, RECEIVED
from workers.streaming.engine.halts.retained import OffsetsExpiredError, check_offsets

TP = TopicPartition(RECEIVED.name, 2)
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


def test_state_without_any_committed_offset_is_refused() -> None:
    """Reading everything again on top of the state would count it twice."""
    with pytest.raises(OffsetsExpiredError, match="no committed offsets, but 1 rows of state"):
        check_offsets(GROUP, {}, {TP: (0, 20)}, {"row": 1})


def test_a_group_that_has_never_read_begins_at_the_start() -> None:
    """Neither offsets nor state: a new group."""
    check_offsets(GROUP, {}, {TP: (10, 20)}, {})


def test_ticks_of_the_clock_that_are_gone_are_of_no_interest() -> None:
    """They are kept for a day; a role that was away for longer goes on all the same."""
    check_offsets(GROUP, {TP: 12, TICKS: 3}, {TP: (10, 20), TICKS: (5, 9)}, {})


def test_the_choices_are_named() -> None:
    """Both ways out and the settings that prevent it are in the remedy."""
    for word in ("--reset-offsets", "changelog", "retention.ms", "offsets.retention.minutes"):
        assert word in OffsetsExpiredError.remedy
