"""Whether Kafka answers, and what is said while it does not."""

from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from workers.config.settings import KafkaSettings
from workers.streaming.connection.clients import client_settings
from workers.streaming.connection.hearing import Hearing

NOBODY = KafkaSettings(servers=("127.0.0.1:9",))


class Hands:
    """A clock that is set by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def hearing(kafka: KafkaSettings = NOBODY) -> tuple[Hearing, Hands]:
    """One, and its clock."""
    clock = Hands()
    return Hearing(client_settings(kafka), "feedback", clock=clock), clock


async def listened(one: Hearing, clock: Hands, *answers: tuple[float, float | None]) -> list[str]:
    """What it says when the last answer is this at these times, shortly."""
    with capture_logs() as said:
        for at, answered in answers:
            clock.now = at
            await one.listen(answered)
    return [line["event"] for line in said]


async def test_answers_that_go_on_say_nothing() -> None:
    """Each newer answer is a sign of life, and so is it where none is expected."""
    one, clock = hearing()
    assert await listened(one, clock, (110, 1.0), (140, 2.0), (200, None), (215, 2.0)) == []
    assert not one.silent


async def test_silence_makes_unready_and_is_told_with_its_reason_once() -> None:
    """The same answer as before is none; the line names the setting, and comes once a minute."""
    one, clock = hearing()
    await listened(one, clock, (100, 1.0))
    with capture_logs() as said:
        for at in (110.0, 121.0, 130.0, 150.0):
            clock.now = at
            await one.listen(1.0)
    assert one.silent
    (line,) = said
    assert (line["event"], line["log_level"]) == ("kafka_unreachable", "warning")
    assert "127.0.0.1:9" in line["reason"]
    assert "KAFKA_BOOTSTRAP_SERVERS" in line["reason"]
    assert await listened(one, clock, (190, 1.0)) == ["kafka_unreachable"]


async def test_an_answer_ends_the_silence_and_is_told() -> None:
    """Ready again with the first newer answer."""
    one, clock = hearing()
    await listened(one, clock, (100, 1.0), (130, 1.0))
    assert await listened(one, clock, (131, 2.0), (132, 3.0)) == ["kafka_answers"]
    assert not one.silent


async def test_while_no_broker_is_there_nobody_is_stuck() -> None:
    """A broker that is away is waited for without an end."""
    one, clock = hearing()
    await listened(one, clock, (100, 1.0), (130, 1.0), (1_000, 1.0), (9_000, 1.0))
    assert one.silent
    assert not one.deaf


@pytest.mark.kafka
async def test_a_broker_that_was_away_meanwhile_is_waited_for_anew(
    kafka_cluster: KafkaSettings, unique: Callable[[str], str]
) -> None:
    """The minutes count from when it was there again."""
    del unique
    settings, clock = dict(client_settings(kafka_cluster)), Hands()
    there = settings["bootstrap_servers"]
    one = Hearing(settings, "feedback", clock=clock)
    await listened(one, clock, (100, 1.0), (130, 1.0))
    settings["bootstrap_servers"] = list(NOBODY.servers)
    await listened(one, clock, (200, 1.0))
    settings["bootstrap_servers"] = there
    await listened(one, clock, (251, 1.0))
    assert not one.deaf
    await listened(one, clock, (372, 1.0))
    assert one.deaf


@pytest.mark.kafka
async def test_who_hears_nothing_of_a_broker_that_is_there_is_stuck(
    kafka_cluster: KafkaSettings, unique: Callable[[str], str]
) -> None:
    """After minutes of that the process has to end."""
    del unique
    one, clock = hearing(kafka_cluster)
    await listened(one, clock, (100, 1.0), (130, 1.0), (240, 1.0))
    assert not one.deaf
    await listened(one, clock, (251, 1.0))
    assert one.deaf
    await listened(one, clock, (252, 2.0))
    assert not one.deaf
