"""A worker whose own clock is wrong for a while."""

import time
from collections.abc import Callable

import pytest

from schemas.topics import CLOCK_TICKED
from tests.integration.streaming.cluster import write
from tests.integration.streaming.counting_worker import Counting, topics
from tests.integration.streaming.in_process import running, until
from workers.config.settings import KafkaSettings
from workers.streaming.topics.admin import apply_registry

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(300)]

DAY_MS = 86_400_000


async def test_a_clock_that_jumped_back_halts_until_it_is_right(
    kafka_cluster: KafkaSettings, unique: Callable[[str], str]
) -> None:
    """Honest records look as if they came from the future; nobody has to restart the role."""
    name = unique("clock")
    apply_registry(kafka_cluster, [*topics(name), CLOCK_TICKED])
    write(kafka_cluster, topics(name)[0].name, [(b"a", b'{"n": 1}')])
    behind = DAY_MS

    def wall() -> int:
        return time.time_ns() // 1_000_000 - behind

    async with running(kafka_cluster, Counting(name), wall=wall) as (worker, watch):
        await until(lambda: bool(watch.halts), "the task halts")
        assert (worker.ready, watch.events) == (False, 0)
        behind = 0
        await until(lambda: watch.events == 1, "the record is processed")
        # Ticks on the clock's topic halt the other tasks, too; each looks again in its own time.
        await until(lambda: worker.ready, "every task goes on")
