"""The sender: rate, order, back-off, partitions that come and go."""

import asyncio
from itertools import pairwise
from typing import Any

from connectors.destinations.contract import Attempt, Verdict
from schemas.notification import MessageRequested
from schemas.notification import Outcome as Ending
from workers.delivery.policy import Policy

World = Any
RETRY = Attempt(Verdict.RETRY, "no connection")


def _pending(world: World, partition: int = 0) -> float | None:
    return world.metrics.registry.get_sample_value(
        "productops_messages_pending", {"partition": str(partition)}
    )


async def test_a_request_is_delivered_and_settled(world: World) -> None:
    """From a chunk with a request to one call and one settled event, without time passing."""
    recorder = world.receiver("team")
    world.start()
    await world.task().feed(world.request("m"))
    assert recorder.seen("m") == [False]
    (settled,) = world.task().settled
    assert (settled.data.outcome, settled.data.attempts) == (Ending.DELIVERED, 1)


async def test_a_call_carries_the_trace_of_its_message(world: World) -> None:
    """Each attempt has a span of its own in it, by which the receiver's work is part of ours."""
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    recorder = world.receiver("team", script=[RETRY])
    world.start()
    await world.task().feed(world.request("m", traceparent=trace))
    await world.clock.until(lambda: len(recorder.calls) == 2, within=600)
    first, second = recorder.traces
    assert first.split("-")[1] == second.split("-")[1] == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert len({first, second, trace}) == 3


async def test_an_attempt_is_a_span_under_its_message(world: World) -> None:
    """From before the call to its answer; what failed is marked; what was settled follows on."""
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    recorder = world.receiver("team", script=[RETRY], latency=2.0)
    world.start()
    await world.task().feed(world.request("m", traceparent=trace, title="Private words"))
    await world.clock.until(lambda: bool(world.task().settled), within=600)
    retried, delivered = world.tracer.told
    assert (retried.name, retried.failed, delivered.failed) == ("deliver team", "retry", "")
    assert retried.parent == delivered.parent == trace
    assert [retried.traceparent, delivered.traceparent] == recorder.traces
    assert retried.ended - retried.started == 2.0
    assert dict(delivered.attributes) == {
        "productops.receiver": "team",
        "productops.message_id": "m",
        "productops.attempt": 2,
        "productops.verdict": "delivered",
        "productops.repeat": False,
    }
    assert "Private" not in str(world.tracer.told)


async def test_calls_keep_the_receivers_rate(world: World) -> None:
    """At half a call a second, calls are two seconds apart, from several partitions together."""
    recorder = world.receiver("team", rate=0.5)
    world.start(0, 1)
    await world.task(0).feed(*(world.request(f"a{number}") for number in range(3)))
    await world.task(1).feed(*(world.request(f"b{number}") for number in range(3)))
    await world.clock.until(lambda: len(recorder.calls) == 6, within=60)
    times = [time for time, _ in recorder.calls]
    assert [later - earlier for earlier, later in pairwise(times)] == [2.0] * 5


async def test_messages_go_out_in_the_order_of_their_requests(world: World) -> None:
    """Across partitions the older request is sent first."""
    recorder = world.receiver("team", rate=1.0)
    now = world.clock.millis()
    ages = {"young": 1_000, "oldest": 9_000, "middle": 5_000}
    for partition, (name, age) in enumerate(ages.items()):
        await world.task(partition).feed(world.request(name, at=now - age))
    world.start(0, 1, 2)
    await world.clock.until(lambda: len(recorder.calls) == 3, within=60)
    # all three wait when the first partition opens its lane; the lane runs after all opened
    assert [name for _, name in recorder.calls] == ["oldest", "middle", "young"]


async def test_one_call_at_a_time_goes_to_a_destination(world: World) -> None:
    """Calls that take longer than the rate allows do not overlap."""
    recorder = world.receiver("team", rate=50.0, latency=3.0)
    world.start()
    await world.task().feed(*(world.request(f"m{number}") for number in range(4)))
    await world.clock.until(lambda: len(world.task().settled) == 4, within=60)
    assert recorder.most_in_flight == 1


async def test_a_slow_destination_holds_up_neither_partition_nor_neighbour(world: World) -> None:
    """While one destination hangs, chunks are processed and other receivers are served."""
    slow = world.receiver("team", latency=30.0)
    quick = world.receiver("other")
    world.start()
    await world.task().feed(world.request("hangs"))
    assert slow.in_flight == 1
    await world.task().feed(world.request("goes", "other"))
    assert quick.seen("goes") == [False]
    assert slow.in_flight == 1


async def test_a_failing_message_is_tried_again_with_growing_waits(world: World) -> None:
    """Attempts are further apart each time, and the last answer wins."""
    recorder = world.receiver("team")
    recorder.script = [RETRY] * 4
    world.start()
    await world.task().feed(world.request("m"))
    await world.clock.until(lambda: bool(world.task().settled), within=600)
    times = [time for time, _ in recorder.calls]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert len(gaps) == 4
    assert gaps == sorted(gaps)
    assert gaps[-1] > 4 * gaps[0]
    assert world.task().settled[0].data.attempts == 5


async def test_a_failing_message_lets_others_pass_after_a_short_pause(world: World) -> None:
    """One message that the destination cannot take does not block the channel."""
    recorder = world.receiver("team")
    recorder.script = [RETRY]
    world.start()
    now = world.clock.millis()
    await world.task().feed(world.request("bad", at=now - 10), world.request("good", at=now))
    await world.clock.advance(1.0)
    assert [name for _, name in recorder.calls] == ["bad", "good"]


async def test_a_wish_to_wait_pauses_the_whole_lane(world: World) -> None:
    """``Retry-After`` is about the destination: no other message is sent to it meanwhile."""
    recorder = world.receiver("team")
    recorder.script = [Attempt(Verdict.RETRY, "too many", 50.0)]
    world.start()
    await world.task().feed(world.request("m"), world.request("n"))
    await world.clock.advance(49.0)
    assert len(recorder.calls) == 1
    await world.clock.advance(1.5)
    assert len(recorder.calls) == 3


async def test_a_success_ends_the_sparing_of_a_destination(world: World) -> None:
    """After an outage a single failure pauses the lane for a second, not for a minute."""
    recorder = world.receiver("team")
    recorder.script = [RETRY] * 6
    world.start()
    await world.task().feed(world.request("m"))
    await world.clock.until(lambda: bool(world.task().settled), within=86_400)
    recorder.script = [RETRY]
    now = world.clock.millis()
    await world.task().feed(world.request("n", at=now - 1), world.request("o", at=now))
    await world.clock.advance(1.1)
    assert recorder.seen("o") == [False]


async def test_an_outage_of_an_hour_loses_nothing(world: World) -> None:
    """While a destination is down it is probed at most once a minute; then all arrives."""
    recorder = world.receiver("team")
    recorder.script = [RETRY] * 10_000
    world.start()
    await world.task().feed(*(world.request(f"m{number}") for number in range(20)))
    await world.clock.advance(600)
    before = len(recorder.calls)
    await world.clock.advance(3_000)
    assert len(recorder.calls) - before <= 50
    assert world.task().settled == []
    recorder.script.clear()
    await world.clock.until(lambda: len(world.task().settled) == 20, within=7_200)
    assert {one.data.outcome for one in world.task().settled} == {Ending.DELIVERED}


async def test_a_restart_waits_the_rest_of_the_time(world: World) -> None:
    """When to try next is in the row: a new process neither hurries nor starts anew."""
    recorder = world.receiver("team")
    recorder.script = [Attempt(Verdict.RETRY, "too many", 100.0)]
    sender = world.start()
    await world.task().feed(world.request("m"))
    await world.clock.advance(40)
    world.task().crash()
    await sender.closed(0)
    world.start()
    await world.clock.advance(59)
    assert len(recorder.calls) == 1
    await world.clock.advance(2)
    assert len(recorder.calls) == 2


async def test_a_restart_after_everything_was_settled_calls_nobody(world: World) -> None:
    """State restored and requests read again: no call."""
    recorder = world.receiver("team")
    sender = world.start()
    request = world.request("m")
    await world.task().feed(request)
    await world.task().close()
    await sender.closed(0)
    world.start()
    await world.task().feed(request)
    await world.clock.advance(3_600)
    assert len(recorder.calls) == 1
    assert len(world.task().settled) == 1


async def test_the_answer_to_a_call_of_a_closed_partition_is_dropped(world: World) -> None:
    """Closing cancels the call in flight; nothing is submitted for the partition afterwards."""
    recorder = world.receiver("team", findable=True, latency=10.0)
    world.start()
    task = world.task()
    await task.feed(world.request("m"))
    transactions = task.transactions
    assert recorder.in_flight == 1
    await task.close()
    assert recorder.in_flight == 0
    await world.clock.advance(60)
    assert task.transactions == transactions
    assert task.settled == []


async def test_a_call_in_flight_for_a_closed_partition_makes_room_for_the_others(
    world: World,
) -> None:
    """It is cancelled at once, and the lane goes on with what other partitions owe."""
    recorder = world.receiver("team", latency=1_000.0)
    world.start(0, 1)
    now = world.clock.millis()
    await world.task(0).feed(world.request("hangs", at=now - 1))
    await world.task(1).feed(world.request("goes", at=now))
    assert [name for _, name in recorder.calls] == ["hangs"]
    recorder.latency = 0.0
    await world.task(0).close()
    await world.clock.advance(1)
    assert recorder.seen("goes") == [False]
    assert recorder.seen("hangs") == []


async def test_closing_one_partition_leaves_the_others_alone(world: World) -> None:
    """What other partitions owe is sent on; what the closed one owes is not."""
    recorder = world.receiver("team", rate=1.0)
    world.start(0, 1)
    now = world.clock.millis()
    await world.task(0).feed(*(world.request(f"a{n}", at=now - 9) for n in range(5)))
    await world.task(1).feed(*(world.request(f"b{n}", at=now) for n in range(2)))
    await world.task(0).close()
    await world.clock.until(lambda: len(world.task(1).settled) == 2, within=60)
    await world.clock.advance(30)
    assert {name for _, name in recorder.calls[1:]} == {"b0", "b1"}
    assert recorder.closed == 0


async def test_the_last_partition_lets_connections_go_and_a_new_one_starts_again(
    world: World,
) -> None:
    """A sender without partitions holds nothing open, and works again after a rebalance."""
    recorder = world.receiver("team")
    sender = world.start()
    await world.task().close()
    assert recorder.closed == 1
    world.task().open(sender)
    await world.task().feed(world.request("m"))
    assert recorder.seen("m") == [False]


async def test_a_partition_opened_while_the_last_one_closes_is_served(world: World) -> None:
    """A rebalance that swaps partitions does not leave the lanes standing still."""
    recorder = world.receiver("team", latency=5.0)
    sender = world.start(0)
    await world.task(0).feed(world.request("m"))
    world.task(0).crash()
    closing = asyncio.create_task(sender.closed(0))
    await asyncio.sleep(0)
    world.task(1).open(sender)
    await closing
    await world.task(1).feed(world.request("n"))
    await world.clock.until(lambda: bool(world.task(1).settled), within=60)
    assert recorder.seen("n") == [False]


async def test_a_message_to_a_removed_receiver_fails_without_a_call(world: World) -> None:
    """A receiver taken out of the configuration while a message waits: settled, not stuck."""
    recorder = world.receiver("team")
    await world.task().feed(world.request("m"))
    del world.recorders["team"]
    world.task().outbox = type(world.task().outbox)({})
    world.start()
    await world.clock.until(lambda: bool(world.task().settled), within=10)
    assert world.task().settled[0].data.outcome is Ending.FAILED
    assert recorder.calls == []


async def test_old_messages_expire_faster_than_the_rate(world: World) -> None:
    """What is too old to send costs no call and no turn of the rate."""
    recorder = world.receiver("team", rate=0.01)
    world.policies["team"] = Policy(max_age_ms=60_000)
    await world.task().feed(*(world.request(f"m{number}") for number in range(50)))
    world.clock.seconds += 120
    world.start()
    await world.clock.advance(1)
    assert [one.data.outcome for one in world.task().settled] == [Ending.EXPIRED] * 50
    assert recorder.calls == []


async def test_a_destination_that_raises_stops_neither_lane_nor_messages(world: World) -> None:
    """A fault of a destination's code leaves the message in doubt; the next one is sent."""
    recorder = world.receiver("team", findable=True)
    healthy = recorder.send

    async def broken(message: MessageRequested, *, repeat: bool, **more: Any) -> Attempt:
        if message.message_id == "bad":
            raise TypeError(message.title)
        return await healthy(message, repeat=repeat, **more)

    recorder.send = broken
    world.start()
    await world.task().feed(world.request("bad"), world.request("good"))
    await world.clock.until(lambda: bool(world.task().settled), within=60)
    assert recorder.seen("good") == [False]
    await world.clock.until(lambda: len(world.task().settled) == 2, within=86_400)
    failed = world.task().settled[1].data
    assert failed.outcome is Ending.FAILED
    assert "TypeError" in failed.reason
    assert "Card charged" not in failed.reason


async def test_a_platform_that_fails_to_commit_is_asked_again(world: World) -> None:
    """An error while reporting is not the end of the message: it is found in doubt and solved."""
    recorder = world.receiver("team", findable=True)
    failures = iter([OSError("broker away")])

    async def probe(step: str) -> None:
        if step == "AttemptEnded before commit":
            for error in failures:
                raise error

    world.task().probe = probe
    world.start()
    await world.task().feed(world.request("m"))
    await world.clock.until(lambda: bool(world.task().settled), within=60)
    assert recorder.seen("m") == [False]
    assert recorder.asked == ["m"]


async def test_the_number_of_waiting_messages_is_shown_per_partition(world: World) -> None:
    """The gauge counts what is owed, and its series goes with the partition."""
    world.receiver("team", rate=0.001)
    world.start()
    await world.task().feed(*(world.request(f"m{number}") for number in range(3)))
    assert _pending(world) == 2
    await world.task().close()
    assert _pending(world) is None


async def test_attempts_and_ends_are_counted_by_receiver(world: World) -> None:
    """What the task counts carries receiver and verdict, receiver and outcome."""
    recorder = world.receiver("team")
    recorder.script = [RETRY]
    world.start()
    await world.task().feed(world.request("m"))
    await world.clock.until(lambda: bool(world.task().settled), within=60)
    counts = world.task().counts
    assert counts["productops_message_attempts_total", ("team", "retry")] == 1
    assert counts["productops_message_attempts_total", ("team", "delivered")] == 1
    assert counts["productops_messages_settled_total", ("team", "delivered")] == 1
