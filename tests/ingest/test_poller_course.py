"""A poller's course: pages in order, waiting, stopping, starting again."""

from datetime import timedelta

import pytest
from aiokafka.errors import KafkaConnectionError, KafkaError

from connectors.base.contract import Page
from connectors.base.errors import ConfigurationError, TransientError
from schemas.platform import CheckpointSaved
from tests.ingest.poller_world import SAVED, World
from tests.ingest.scripts import (
    NOW,
    Notebook,
    Script,
    bad,
    page,
    received,
)
from workers.streaming.engine.recovery.restore import RestoreError
from workers.streaming.engine.transaction import FencedError


async def test_pages_are_written_in_order_each_with_its_checkpoint() -> None:
    """A page is written before the next one is asked for, with where to go on after it."""
    world = World(Script([page("support", 1, 1, 2), page("support", 2), page("support", 3, 3)]))
    await world.run()
    pages = world.publisher.written[:3]
    assert [[event.id for event in page.events] for page, _ in pages] == [
        ["ticket/1/1", "ticket/2/1"],
        [],
        ["ticket/3/1"],
    ]
    assert [saved.checkpoint["cursor"] for _, saved in pages] == ["1", "2", "3"]
    assert [(saved.records, saved.status) for _, saved in pages] == [
        (2, "ok"),
        (0, "ok"),
        (1, "ok"),
    ]


async def test_the_next_page_is_pulled_only_when_the_last_is_written() -> None:
    """What a connector sees when it goes on is that its page is in the topic."""
    seen: list[int] = []

    async def look() -> None:
        seen.append(len(world.publisher.written))

    world = World(Script([look, page("support", 1, 1), look, page("support", 2, 2), look]))
    await world.run()
    assert seen == [0, 1, 2]


async def test_a_source_that_was_read_to_its_end_says_so_and_waits() -> None:
    """Status, the moment of success, and when it is read again; then exactly that long."""
    world = World(Script([page("support", 1, 1)]))
    await world.run()
    _, saved = world.publisher.written[-1]
    assert saved.status == "ok"
    assert saved.last_success == NOW
    assert saved.next_pull_at == NOW + timedelta(seconds=60)
    assert saved.checkpoint == {"cursor": "1"}
    assert (saved.records, saved.dead) == (0, 0)
    assert world.clock.slept == [60]


async def test_the_first_pull_has_no_checkpoint_and_reaches_thirty_days_back() -> None:
    """A source that was never read begins thirty days ago."""
    world = World(script := Script())
    await world.run()
    assert script.asked == [None]
    assert world.connected == [NOW - timedelta(days=30)]


async def test_reading_goes_on_where_the_topic_says() -> None:
    """The last checkpoint that was saved is what the connector is asked with."""
    world = World(script := Script([page("support", 8, 8)]), known=SAVED, naps=2)
    await world.run()
    assert script.asked == [{"cursor": "7"}, {"cursor": "8"}]
    assert world.publisher.opened == 1


async def test_the_newest_event_time_is_kept() -> None:
    """An older event later does not set it back."""
    late, early = NOW - timedelta(hours=1), NOW - timedelta(hours=5)
    pages = [
        Page([received("support", 1, at=late), received("support", 2, at=early)], {"cursor": "1"}),
        Page([received("support", 3, at=early)], {"cursor": "2"}),
        Page([], {"cursor": "3"}),
    ]
    world = World(Script(pages))
    await world.run()
    assert {saved.last_event_time for _, saved in world.publisher.written} == {late}


async def test_a_vendor_that_is_unwell_is_waited_for_and_said() -> None:
    """The page shows why and until when; the same checkpoint is asked for again."""
    error = TransientError("support desk answers 503: it is down for maintenance")
    world = World(script := Script([page("support", 1, 1), error], []), naps=2)
    await world.run()
    waiting = world.publisher.written[1][1]
    assert (waiting.status, waiting.remedy) == ("waiting", str(error))
    assert waiting.checkpoint == {"cursor": "1"}
    assert waiting.next_pull_at == NOW + timedelta(seconds=1)
    assert waiting.last_success is None
    assert script.asked == [None, {"cursor": "1"}]
    assert world.publisher.written[2][1].status == "ok"
    assert world.clock.slept == [1, 60]
    assert world.metric("productops_source_errors_total", error_class="transient") == 1


async def test_waiting_grows_to_a_cap_and_starts_anew_after_a_success() -> None:
    """1, 2, 4, ... seconds, never more than five minutes; a good pull forgives all."""
    unwell = [TransientError("503")]
    world = World(Script(*[unwell] * 11, [], unwell), naps=13)
    await world.run()
    assert world.clock.slept == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 60, 1]


async def test_a_vendor_may_ask_for_more_time_than_we_would_give() -> None:
    """``retry_after`` is honoured in full where it is longer, and not where it is shorter."""
    world = World(
        Script(
            [TransientError("429", retry_after=900.5)],
            [TransientError("429", retry_after=0.5)],
        ),
        naps=2,
    )
    await world.run()
    assert world.clock.slept == [900.5, 2]
    assert world.publisher.written[0][1].next_pull_at == NOW + timedelta(seconds=900.5)


async def test_an_outage_of_a_week_is_no_fault() -> None:
    """However often a source has failed, waiting stays five minutes."""
    times = 1_100
    world = World(Script(*[[TransientError("503")]] * times), naps=times)
    await world.run()
    assert world.clock.slept[-1] == 300
    assert world.publisher.opened == 1


async def test_what_only_a_person_can_mend_stops_the_source() -> None:
    """The poller ends by itself, and the page says what happened and what to do."""
    error = ConfigurationError("the token was revoked (401)", remedy="Make a new API token.")
    world = World(script := Script([page("support", 1, 1), error]))
    assert await world.run()
    stopped = world.publisher.written[-1][1]
    assert stopped.status == "stopped"
    assert stopped.remedy == "the token was revoked (401). Make a new API token."
    assert stopped.checkpoint == {"cursor": "1"}
    assert stopped.next_pull_at is None
    assert world.clock.slept == []
    assert (script.closed, world.publisher.closed) == (1, 1)
    assert world.metric("productops_source_up") == 0
    assert world.metric("productops_source_errors_total", error_class="configuration") == 1


async def test_a_source_that_was_mended_is_read_again() -> None:
    """A stop is not for ever: after a restart the first page says that all is well."""
    stopped = SAVED.model_copy(update={"status": "stopped", "remedy": "Make a new API token."})
    world = World(Script([page("support", 8, 8)]), known=stopped)
    await world.run()
    saved = world.publisher.written[0][1]
    assert (saved.status, saved.remedy) == ("ok", "")
    assert world.metric("productops_source_up") == 1


async def test_long_words_are_cut_to_what_the_topic_takes() -> None:
    """A remedy of a thousand characters is no reason to fail."""
    for error in (
        TransientError("x" * 1_000),
        ConfigurationError("x" * 1_000, remedy="y" * 1_000),
    ):
        world = World(Script([error]))
        await world.run()
        saved = world.publisher.written[0][1]
        assert CheckpointSaved.model_validate(saved.model_dump()).remedy == "x" * 512


async def test_a_younger_poller_of_the_same_source_ends_this_one() -> None:
    """Being fenced is no failure: the poller ends, writes nothing more and does not come back."""
    world = World(Script([page("support", 1, 1), page("support", 2, 2)]))
    world.publisher.write_fails = [None, FencedError("ProducerFenced")]
    assert await world.run()
    assert [saved.checkpoint["cursor"] for _, saved in world.publisher.written] == ["1"]
    assert world.publisher.opened == 1
    assert world.clock.slept == []


@pytest.mark.parametrize("error", [KafkaConnectionError("away"), RestoreError("stuck")])
async def test_after_an_error_of_kafka_the_last_checkpoint_is_read_again(
    error: Exception,
) -> None:
    """Whether the page was written is open: the topic is asked, and reading goes on there."""
    first, second = Script([page("support", 1, 1), page("support", 2, 2)]), Script()
    world = World(first, second, naps=2)
    world.publisher.write_fails = [None, error]
    await world.run()
    assert world.publisher.opened == 2
    assert second.asked == [{"cursor": "1"}]
    assert first.closed == 1
    assert world.clock.slept == [1, 60]


async def test_an_unreachable_kafka_is_waited_for() -> None:
    """Opening fails until the broker is back, with growing pauses; nothing is pulled before."""
    world = World(script := Script(), naps=5)
    world.publisher.open_fails = [
        *(KafkaConnectionError("away") for _ in range(3)),
        TimeoutError(),
    ]
    await world.run()
    assert world.clock.slept == [1, 2, 4, 8, 60]
    assert len(script.asked) == 1


async def test_an_unreachable_kafka_may_stay_away_for_a_week() -> None:
    """The pause stays five minutes, however often it was tried."""
    times = 1_100
    world = World(Script(), naps=times)
    world.publisher.open_fails = [KafkaConnectionError("away") for _ in range(times)]
    await world.run()
    assert world.clock.slept[-1] == 300


async def test_a_written_page_forgives_earlier_errors_of_kafka() -> None:
    """A broker that goes away once a day is not waited for longer every day."""
    world = World(
        *[Script([page("support", n, n), page("support", n, n)]) for n in (1, 2, 3)], naps=3
    )
    away = KafkaConnectionError("away")
    world.publisher.write_fails = [None, away, None, away, None, away]
    await world.run()
    assert world.clock.slept == [1, 1, 1]


async def test_a_fault_of_a_connector_is_said_and_tried_again() -> None:
    """An error nobody foresaw does not end the poller: the page shows it, a later try works."""
    first = Script([page("support", 1, 1), ArithmeticError("41")])
    second = Script([page("support", 2, 2)])
    world = World(first, second, naps=2)
    assert not await world.run()
    status, remedy = world.publisher.notes[0]
    assert status == "waiting"
    assert "fault of this program" in remedy
    assert second.asked == [{"cursor": "1"}]
    assert world.publisher.known is not None
    assert world.publisher.known.status == "ok"
    assert first.closed == 1


async def test_kafka_may_fail_while_a_stop_is_being_said() -> None:
    """The stop is said at the next try; the role is not taken down by it."""
    error = ConfigurationError("the token was revoked (401)", remedy="Make a new API token.")
    world = World(Script([error]), Script([error]), naps=3)
    world.publisher.write_fails = [KafkaConnectionError("away")]
    assert await world.run()
    assert [status for status, _ in world.publisher.notes] == ["stopped"]


async def test_kafka_may_fail_while_a_fault_is_being_said() -> None:
    """An error upon an error ends no poller either."""
    world = World(Script([ArithmeticError("41")]), Script([page("support", 1, 1)]), naps=2)
    world.publisher.write_fails = [KafkaConnectionError("away")]
    assert not await world.run()
    assert world.publisher.known is not None
    assert world.publisher.known.checkpoint == {"cursor": "1"}


async def test_a_fenced_poller_does_not_take_the_source_back_to_say_so() -> None:
    """When it was taken over while in trouble, it ends all the same."""
    world = World(Script([ArithmeticError("41")]))
    world.publisher.write_fails = [FencedError("ProducerFenced")]
    assert await world.run()
    assert world.publisher.opened == 1


async def test_a_checkpoint_that_could_not_be_read_is_not_written_over() -> None:
    """Trouble with the topic's rows must not make the source begin from the start."""
    world = World(script := Script(), known=SAVED, naps=2)
    world.publisher.open_fails = [ValueError("a row of another version")]
    await world.run()
    assert {saved.checkpoint["cursor"] for _, saved in world.publisher.written} == {"7"}
    assert script.asked == [{"cursor": "7"}]


async def test_bad_records_are_counted_with_their_page() -> None:
    """Dead records go to the publisher with the page they stood on, and into the counts."""
    world = World(Script([page("support", 1, 1, dead=[bad("9"), bad("10")])]))
    await world.run()
    first, saved = world.publisher.written[0]
    assert [dead.record_id for dead in first.dead] == ["9", "10"]
    assert saved.dead == 2
    assert world.metric("productops_source_dead_records_total") == 2
    assert world.metric("productops_source_records_total") == 1


async def test_a_page_that_was_not_committed_is_not_counted() -> None:
    """Metrics tell what is in the topics, not what was tried."""
    world = World(Script([page("support", 1, 1, 2)]))
    world.publisher.write_fails = [KafkaConnectionError("away")]
    await world.run()
    assert not world.metric("productops_source_records_total")


async def test_success_is_a_metric_of_its_own() -> None:
    """The moment of the last full reading is exposed; an unwell vendor leaves it where it was."""
    world = World(Script([], [TransientError("503")]), naps=2)
    await world.run()
    name = "productops_source_last_success_timestamp_seconds"
    assert world.metric(name) == NOW.timestamp()


async def test_the_last_success_outlives_a_restart() -> None:
    """A source that has failed since before the restart is as old as it was."""
    earlier = NOW - timedelta(hours=3)
    known = SAVED.model_copy(update={"last_success": earlier})
    world = World(Script([TransientError("503")]), known=known)
    await world.run()
    assert world.metric("productops_source_last_success_timestamp_seconds") == earlier.timestamp()


async def test_ending_lets_everything_go() -> None:
    """A poller that is cancelled closes its connector and its publisher."""
    world = World(script := Script())
    assert not await world.run()
    assert (script.closed, world.publisher.closed) == (1, 1)


async def test_a_publisher_that_cannot_be_closed_hides_no_end() -> None:
    """Kafka being away at the end is of no interest."""

    class Stubborn(Notebook):
        async def close(self) -> None:
            raise KafkaError

    world = World(Script([ConfigurationError("no", remedy="yes")]))
    stubborn = Stubborn()
    world.poller._publisher = stubborn
    assert await world.run()
    assert stubborn.notes == [("stopped", "no. yes")]
