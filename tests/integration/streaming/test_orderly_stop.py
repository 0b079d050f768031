"""What an orderly stop commits, on a real Kafka."""

from collections.abc import Callable, Mapping, Sequence

import pytest
from kafka import KafkaProducer

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
    """Offsets whose commit waited for the next transaction are committed at the end.

    The input is written in a transaction, as by another role: its marker counts as read, too.
    """
    name = unique("unmoved")
    source = topics(name)[0]
    apply_registry(kafka_cluster, [*topics(name), CLOCK_TICKED])
    producer = KafkaProducer(
        bootstrap_servers=list(kafka_cluster.servers), transactional_id=unique("writes")
    )
    producer.init_transactions()
    producer.begin_transaction()
    for number in range(RECORDS):
        producer.send(source.name, key=b"k%d" % number, value=b'{"n": 1}')
    producer.commit_transaction()
    producer.close()
    async with running(kafka_cluster, Unmoved(name)) as (_, watch):
        await until(lambda: watch.events == RECORDS, "all is processed")
    assert lag(kafka_cluster, f"productops-{name}", [source]) == 0


async def test_stream_time_goes_on_where_it_stopped(
    kafka_cluster: KafkaSettings, unique: Callable[[str], str]
) -> None:
    """It travels with the offsets; who goes on has it before the first record comes."""
    name = unique("time")
    source = topics(name)[0]
    apply_registry(kafka_cluster, [*topics(name), CLOCK_TICKED])
    write(kafka_cluster, source.name, [(f"k{n}".encode(), b'{"n": 1}') for n in range(RECORDS)])
    async with running(kafka_cluster, Counting(name)) as (worker, watch):
        await until(lambda: watch.events == RECORDS, "all is processed")
        before = {part: task._standing.now for part, task in worker.ownership.tasks.items()}
    assert all(before.values())
    async with running(kafka_cluster, Counting(name)) as (worker, watch):
        await until(lambda: len(watch.restores) == len(before), "all tasks are open")
        after = {part: task._standing.now for part, task in worker.ownership.tasks.items()}
    assert {part: now for part, now in after.items() if now < before[part]} == {}
    assert watch.events == 0
