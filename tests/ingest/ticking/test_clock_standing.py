"""The clock of the system is well while its ticks get into their topic."""

from tests.ingest.scripts import StepClock
from workers.ingest.standing import ClockStanding


async def test_it_is_well_from_its_first_tick_until_none_was_written_for_a_while() -> None:
    """Half a minute without a tick, and no timer has moved since; one tick mends it."""
    clock = StepClock(100)
    standing = ClockStanding(clock)
    assert not standing.well
    standing.ticked()
    await clock.sleep(30)
    assert standing.well
    await clock.sleep(1)
    assert not standing.well
    standing.ticked()
    assert standing.well


def test_a_refusal_is_not_waited_out() -> None:
    """What only a person can mend shows at once, until a tick is written again."""
    standing = ClockStanding(StepClock(100))
    standing.ticked()
    standing.refused()
    assert not standing.well
    standing.ticked()
    assert standing.well
