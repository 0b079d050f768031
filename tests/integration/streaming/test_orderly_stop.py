"""What an orderly stop commits, on a real Kafka."""

from collections.abc import Callable, Mapping, Sequence

import pytest

from schemas.topics import CLOCK_TICKED
from tests.integration.streaming.cluster import lag, write
from tests.integration.streaming.counting_worker import Counting, Said, topics
from tests.integration.streaming.in_process import running, until
from workers.config.settings import KafkaSettings
from workers.processor import Outcome
from workers.streaming.topics.admin import apply_registry

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]

RECORDS = 20


class Unmoved(Counting):
    """Nothing that it is told has an effect, as with repeats and ticks of the clock."""

    def process(
        self, events: Sequence[Said], state: Mapping[str, int], now: int, /
    ) -> Outcome[int]:
        """Nothing."""
        del events, state, now
        return Outcome()


async def test_what_had_no_effect_is_not_read_again_after_an_orderly_stop(
    kafka_cluster: KafkaSettings, unique: Callable[[str], str]
) -> None:
    """Offsets whose commit waited for the next transaction are committed at the end."""
    name = unique("unmoved")
    source = topics(name)[0]
    apply_registry(kafka_cluster, [*topics(name), CLOCK_TICKED])
    write(kafka_cluster, source.name, [(f"k{n}".encode(), b'{"n": 1}') for n in range(RECORDS)])
    async with running(kafka_cluster, Unmoved(name)) as (_, watch):
        await until(lambda: watch.events == RECORDS, "all is processed")
    assert lag(kafka_cluster, f"productops-{name}", [source]) == 0
