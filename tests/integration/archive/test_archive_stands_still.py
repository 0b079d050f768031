"""The archive beside a broker that falls silent, and before records that it cannot read."""

from collections.abc import Callable

import pytest
import structlog
from sqlalchemy import func, select
from structlog.testing import capture_logs

from schemas.topics import RECEIVED
from tests.archive.story import Story
from tests.integration.archive.running import running, until
from tests.integration.brokers import Broker
from tests.integration.membership.freezing import frozen
from tests.integration.streaming.cluster import write
from workers.archive.engine import open_engine
from workers.archive.tables import items, unreadable
from workers.config.settings import Settings
from workers.observability.metrics import Metrics

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(240)]
Unique = Callable[[str], str]


def _rows(settings: Settings) -> tuple[int, int]:
    """How many items there are, and how many records that could not be read."""
    engine = open_engine(settings.database_url)
    with engine.connect() as connection:
        tables = (items, unreadable)
        found = [connection.scalar(select(func.count()).select_from(table)) for table in tables]
    engine.dispose()
    return int(found[0] or 0), int(found[1] or 0)


async def test_a_broker_that_falls_silent_makes_the_archive_unready_until_it_answers(
    own_broker: Broker, own_settings: Callable[..., Settings], unique: Unique
) -> None:
    """After twenty seconds, as a stream role; one line says why and which setting to look at."""
    structlog.reset_defaults()
    with capture_logs() as lines:
        async with running(own_settings(), unique("silent")) as role:
            with frozen(own_broker):
                await until(lambda: not role.ready, "it notices", seconds=30)
                await until(
                    lambda: any(line["event"] == "kafka_unreachable" for line in lines),
                    "it says so",
                    seconds=10,
                )
                told = [line for line in lines if line["log_level"] == "warning"]
            await until(lambda: role.ready, "it goes on by itself")
            assert role.alive
    (line,) = told
    assert (line["event"], line["role"]) == ("kafka_unreachable", "archive")
    assert "KAFKA_BOOTSTRAP_SERVERS" in line["reason"]
    assert "kafka_answers" in [line["event"] for line in lines]


async def test_rubbish_in_a_topic_halts_its_partition_until_a_person_decides(
    own_broker: Broker, own_settings: Callable[..., Settings], unique: Unique
) -> None:
    """What cannot be read stays in Kafka, unread; without the fuse it is set aside."""
    group, story, metrics = unique("fuse"), Story(), Metrics()

    def sound(name: str) -> tuple[bytes, bytes | None]:
        record = story.received(name)
        return record.key or b"", record.value

    write(own_broker.kafka, RECEIVED.name, [(b"one key", b"rubbish")] * 120)
    write(own_broker.kafka, RECEIVED.name, [sound("1")])  # the key of another partition
    value = metrics.registry.get_sample_value

    def halted() -> list[float]:
        found = (
            value("productops_stage_halted", {"stage": "archive", "partition": str(partition)})
            for partition in range(RECEIVED.partitions)
        )
        return [one for one in found if one is not None]

    structlog.reset_defaults()
    with capture_logs() as lines:
        async with running(own_settings(), group, metrics, ready=False) as role:
            await until(lambda: 1.0 in halted(), "the partition halts")
            await until(lambda: _rows(own_settings()) == (1, 0), "the others are read")
            write(own_broker.kafka, RECEIVED.name, [(b"one key", b"rubbish"), sound("2")])
            await until(lambda: _rows(own_settings()) == (2, 0), "and go on")
            assert (role.ready, role.alive) == (False, True)
            assert sum(halted()) == 1
    (line,) = [line for line in lines if line["event"] == "task_halted"]
    assert f"{RECEIVED.name} partition" in line["reason"]
    async with running(own_settings(fuse=False), group):
        await until(lambda: _rows(own_settings()) == (2, 121), "they are set aside")
