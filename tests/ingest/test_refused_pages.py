"""Pages that Kafka does not take: what is said, counted and shown, and that it mends."""

import pytest
import structlog
from aiokafka.errors import (
    InvalidTimestampError,
    KafkaConnectionError,
    TopicAuthorizationFailedError,
)

from tests.ingest.poller_world import World
from tests.ingest.scripts import NOW, Script, page
from workers.streaming.engine.transaction import FencedError


async def test_a_page_refused_by_its_date_is_tried_again_and_the_source_is_down() -> None:
    """The clock of this machine is wrong: the log says so, and once it is right all is written."""
    world = World(Script([page("support", 1, 1)], [page("support", 1, 1)]), naps=1)
    world.publisher.write_fails = [InvalidTimestampError()]
    with structlog.testing.capture_logs() as logs:
        await world.run()
    (said,) = [one["error"] for one in logs if one["event"] == "source_restarts"]
    assert f"this machine's clock says {NOW:%F %T} UTC" in said
    assert "NTP" in said
    assert world.metric("productops_source_up") == 0
    assert not world.publisher.written
    world = World(Script([page("support", 1, 1)], [page("support", 1, 1)]), naps=2)
    world.publisher.write_fails = [InvalidTimestampError()]
    await world.run()
    assert world.metric("productops_source_up") == 1
    assert [event.id for event in world.publisher.written[0][0].events] == ["ticket/1/1"]


async def test_a_source_without_the_right_to_write_is_down_until_something_is_written() -> None:
    """The log and the page name the remedy; a session that only begins does not mend it."""
    up: list[float | None] = []

    async def look() -> None:
        up.append(world.metric("productops_source_up"))

    second = Script([look, page("support", 1, 1), look])
    world = World(Script([page("support", 1, 1)]), second, naps=2)
    world.publisher.write_fails = [TopicAuthorizationFailedError("feedback.item.received.v1")]
    with structlog.testing.capture_logs() as logs:
        await world.run()
    (said,) = [one["error"] for one in logs if one["event"] == "source_restarts"]
    assert "Kafka refused a right on a topic" in said
    assert "`productops topics acls`" in said
    assert world.publisher.notes[0] == ("waiting", said)
    assert up == [0, 1]
    assert world.publisher.notes[-1] == ("ok", "")


async def test_a_silent_kafka_is_a_reason_too() -> None:
    """The log never shows an empty reason, also where the error has no words."""
    world = World(Script(), naps=2)
    world.publisher.open_fails = [TimeoutError()]
    with structlog.testing.capture_logs() as logs:
        await world.run()
    (said,) = [one["error"] for one in logs if one["event"] == "source_restarts"]
    assert said == "Kafka did not answer in time"


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (KafkaConnectionError("away"), "aborted"),
        (TimeoutError("no answer"), "aborted"),
        (FencedError("ProducerFenced"), "fenced"),
    ],
)
async def test_transactions_are_counted_by_how_they_ended(error: Exception, result: str) -> None:
    """A page that is there, and one that is not: for the stage of all sources."""
    world = World(Script([page("support", 1, 1), page("support", 2, 2)]))
    world.publisher.write_fails = [None, error]
    await world.run()
    counted = {
        one: world.registry.get_sample_value(
            "productops_stage_transactions_total", {"stage": "connectors", "result": one}
        )
        for one in ("committed", "aborted", "fenced")
    }
    assert counted == {"committed": 1, "aborted": 0, "fenced": 0} | {result: 1}
