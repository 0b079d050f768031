"""A task that fails tries again, says so without flooding the log, and gives up where it must."""

from datetime import UTC, datetime

import pytest
from aiokafka.errors import (
    InvalidTimestampError,
    KafkaConnectionError,
    KafkaError,
    TopicAuthorizationFailedError,
)

from workers.streaming.engine.halts.restarts import Restarts

_NOON = int(datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp() * 1000)


class Clock:
    """Seconds that go on when told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def restarts(clock: Clock | None = None) -> Restarts:
    """Of a task whose machine says noon."""
    return Restarts(lambda: _NOON, clock=clock or Clock())


def test_a_lasting_reason_is_said_at_once_and_every_minute() -> None:
    """Of a broker that is away for three minutes there are three lines, not one a try."""
    clock = Clock()
    task = restarts(clock)
    said = []
    for second in range(0, 190, 10):
        clock.now = 1_000.0 + second
        if task.after(KafkaConnectionError("away")).loud:
            said.append(second)
    assert said == [0, 70, 140]


def test_another_reason_is_said_at_once() -> None:
    """Whoever reads the log sees that it is something else now."""
    task = restarts()
    assert task.after(KafkaConnectionError("away")).loud
    assert task.after(TimeoutError("nobody answers")).loud
    assert not task.after(TimeoutError("nobody answers")).loud


def test_a_reason_that_comes_again_after_it_went_well_is_said_again() -> None:
    """Two outages with work between them are two lines, each of them a first attempt."""
    task = restarts()
    task.after(KafkaConnectionError("away"))
    task.went_well()
    again = task.after(KafkaConnectionError("away"))
    assert (again.loud, again.attempt) == (True, 1)


def test_what_time_mends_is_tried_without_an_end() -> None:
    """A broker that is away is waited for, at most ten seconds between two attempts."""
    task = restarts()
    found = [
        task.after(error) for error in [KafkaConnectionError("away"), OSError("no route")] * 50
    ]
    assert {restart.final for restart in found} == {None}
    assert [restart.pause for restart in found[:4]] == [0.2, 0.4, 0.8, 1.6]
    assert max(restart.pause for restart in found) == 10.0


def test_what_time_may_not_mend_is_given_up_at_the_eighth_failure_in_a_row() -> None:
    """The process ends with the error in its words; one chunk that went well counts anew."""
    task = restarts()
    assert [task.after(KafkaError("broken")).final for _ in range(7)] == [None] * 7
    task.went_well()
    assert [task.after(KafkaError("broken")).final for _ in range(7)] == [None] * 7
    assert task.after(KafkaError("broken")).final == "KafkaError: broken"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (TopicAuthorizationFailedError("in.v1"), "productops topics acls"),
        (InvalidTimestampError("too far"), "this machine's clock says 2026-03-01 12:00:00 UTC"),
    ],
)
def test_what_only_a_person_mends_is_given_up_at_once(error: KafkaError, words: str) -> None:
    """A missing right or a wrong clock ends the task with its remedy at the first failure."""
    final = restarts().after(error).final
    assert final is not None
    assert words in final
