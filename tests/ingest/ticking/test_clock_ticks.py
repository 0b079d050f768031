"""The clock: every partition is told the time, twice the same by two clocks."""

import json
import socket
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from schemas.topics import CLOCK_TICKED
from tests.ingest.scripts import NOW, StepClock, to_its_end
from tests.integration.streaming.cluster import read_committed
from workers.config.settings import KafkaSettings
from workers.ingest.clock import PERIOD_SECONDS, run_clock, tick
from workers.ingest.standing import ClockStanding

PARTITIONS = range(CLOCK_TICKED.partitions)
MOMENTS = st.floats(min_value=1.6e9, max_value=4.1e9).map(
    lambda seconds: datetime.fromtimestamp(seconds, tz=UTC)
)


@given(moment=MOMENTS, later=st.floats(min_value=0, max_value=10))
def test_a_tick_is_the_same_within_its_period(moment: datetime, later: float) -> None:
    """Two clocks that tick in one period say the same thing: id, time and bytes."""
    second = moment + timedelta(seconds=later)
    same = int(moment.timestamp()) // PERIOD_SECONDS == int(second.timestamp()) // PERIOD_SECONDS
    assert (tick(1, moment).to_json() == tick(1, second).to_json()) == same
    assert (tick(1, moment).id == tick(1, second).id) == same


@given(moment=MOMENTS)
def test_a_tick_never_runs_ahead(moment: datetime) -> None:
    """Its time is the period's beginning: not later than now, not a whole period before."""
    behind = moment - tick(0, moment).time
    assert timedelta(0) <= behind < timedelta(seconds=PERIOD_SECONDS)


def test_partitions_have_ticks_of_their_own() -> None:
    """At one moment each partition's tick has another id, and says whom it is for."""
    ticks = [tick(partition, NOW) for partition in PARTITIONS]
    assert len({one.id for one in ticks}) == len(PARTITIONS)
    assert [one.data.partition for one in ticks] == [*PARTITIONS]
    assert {one.type for one in ticks} == {CLOCK_TICKED.name}


class Ticked:
    """What the topic holds of the ticks of one clock's lifetime."""

    def __init__(self, kafka: KafkaSettings, times: set[datetime]) -> None:
        self.rows: list[tuple[int, dict[str, Any]]] = []
        for record in read_committed(kafka, CLOCK_TICKED):
            event = json.loads(record.value)
            if datetime.fromisoformat(event["time"]) in times:
                self.rows.append((record.partition, event))

    def times(self, partition: int) -> list[datetime]:
        """Times of a partition's ticks, in their order."""
        return [
            datetime.fromisoformat(event["time"])
            for place, event in self.rows
            if place == partition
        ]


HOURS = count(2)
"""How long ago the moments of the tests are, each by another hour: all write to one topic."""


@pytest.fixture
def moment() -> datetime:
    """The beginning of a period of today: the topic keeps ticks for a day."""
    seconds = int(datetime.now(UTC).timestamp()) // PERIOD_SECONDS * PERIOD_SECONDS
    return datetime.fromtimestamp(seconds, tz=UTC) - timedelta(hours=next(HOURS))


@pytest.mark.kafka
async def test_every_partition_is_told_the_time(
    topics: KafkaSettings, client: dict[str, Any], moment: datetime
) -> None:
    """A tick a period goes to each partition itself, in order; two clocks add no other tick."""
    clock = StepClock(3, moment=moment)
    await to_its_end(run_clock(client, clock), clock)
    expected = [moment + timedelta(seconds=PERIOD_SECONDS * number) for number in range(3)]
    first = Ticked(topics, set(expected))
    for partition in PARTITIONS:
        assert first.times(partition) == expected
    assert all(event["data"]["partition"] == place for place, event in first.rows)
    assert clock.slept == [PERIOD_SECONDS] * 3
    again = StepClock(3, moment=moment)
    await to_its_end(run_clock(client, again), again)
    ids = [event["id"] for _, event in Ticked(topics, set(expected)).rows]
    assert len(ids) == 2 * len(first.rows)
    assert set(ids) == {event["id"] for _, event in first.rows}


@pytest.mark.kafka
async def test_the_records_carry_the_time_as_well(
    topics: KafkaSettings, client: dict[str, Any], moment: datetime
) -> None:
    """The record's own timestamp is the tick's time: what reads by time finds it."""
    clock = StepClock(1, moment=moment)
    await to_its_end(run_clock(client, clock), clock)
    stamps = [
        record.timestamp
        for record in read_committed(topics, CLOCK_TICKED)
        if datetime.fromisoformat(json.loads(record.value)["time"]) == moment
    ]
    assert stamps == [int(moment.timestamp() * 1000)] * len(PARTITIONS)


@pytest.mark.kafka
async def test_a_clock_that_has_jumped_ahead_is_refused_and_told_once(
    topics: KafkaSettings, client: dict[str, Any], moment: datetime
) -> None:
    """Kafka takes no tick of 2099, the role is told, the log names the remedy; then it heals."""
    ahead = datetime(2099, 1, 1, tzinfo=UTC)
    clock = StepClock(3, moment=ahead)
    standing = ClockStanding(clock)
    standing.ticked()
    with structlog.testing.capture_logs() as logs:
        await to_its_end(run_clock(client, clock, standing), clock)
    assert not standing.well
    (said,) = [one["error"] for one in logs if one["event"] == "clock_waits"]
    assert "this machine's clock says 2099-01-01 00:00:00 UTC" in said
    assert "NTP" in said
    assert all(
        datetime.fromisoformat(json.loads(record.value)["time"]) < ahead
        for record in read_committed(topics, CLOCK_TICKED)
    )
    mended = StepClock(1, moment=moment)
    standing = ClockStanding(mended)
    await to_its_end(run_clock(client, mended, standing), mended)
    assert standing.well


@pytest.mark.parametrize(("periods", "well"), [(10, True), (20, False)])
async def test_an_unreachable_broker_is_waited_for_and_told_once(
    periods: int, *, well: bool
) -> None:
    """It tries again a period later, names the setting once; after half a minute it is not well."""
    clock = StepClock(periods)
    standing = ClockStanding(clock)
    standing.ticked()
    with socket.socket() as nobody, structlog.testing.capture_logs() as logs:
        nobody.bind(("127.0.0.1", 0))  # bound, but not listening: connections are refused
        server = f"127.0.0.1:{nobody.getsockname()[1]}"
        ended = await to_its_end(run_clock({"bootstrap_servers": [server]}, clock, standing), clock)
    assert not ended
    assert clock.slept == [PERIOD_SECONDS] * periods
    assert standing.well == well
    (said,) = [one["error"] for one in logs if one["event"] == "clock_waits"]
    assert said == f"no Kafka answers at {server}: check KAFKA_BOOTSTRAP_SERVERS and that it runs"
