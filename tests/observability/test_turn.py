"""A loop's turn: late is who has begun, has not ended, and has not come round in time."""

import pytest

from workers.observability.turn import PATIENCE_SECONDS, Turn


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_nothing_is_late_before_the_loop_has_begun_or_after_it_has_ended() -> None:
    """Who waits for a broker, and a source that needs a person, does not hang."""
    clock = Hands()
    turn = Turn(monotonic=clock)
    clock.now += 10 * PATIENCE_SECONDS
    assert not turn.late
    with turn.going_round():
        pass
    clock.now += 10 * PATIENCE_SECONDS
    assert not turn.late


def test_a_loop_that_does_not_come_round_is_late_after_the_patience() -> None:
    """From its last round on, and only until it comes round again."""
    clock = Hands()
    turn = Turn(patience=60, monotonic=clock)
    with turn.going_round():
        clock.now += 60
        assert not turn.late
        turn.comes_round()
        clock.now += 60
        assert not turn.late
        clock.now += 1
        assert turn.late
        turn.comes_round()
        assert not turn.late


def test_a_loop_that_rests_is_late_after_its_rest_and_the_patience() -> None:
    """A source that is read once a day is alive in between, and late when it is not read then."""
    clock = Hands()
    turn = Turn(patience=60, monotonic=clock)
    with turn.going_round():
        turn.rests(86_400)
        clock.now += 86_400 + 60
        assert not turn.late
        clock.now += 1
        assert turn.late


def test_a_loop_that_ends_in_an_error_is_not_late() -> None:
    """The error is told by whoever began the loop."""
    clock = Hands()
    turn = Turn(patience=60, monotonic=clock)
    with pytest.raises(ArithmeticError), turn.going_round():
        raise ArithmeticError
    clock.now += 61
    assert not turn.late
