"""A crash at every numbered step of the sender's protocol, and what people see of it."""

import asyncio
from itertools import product
from typing import Any

import pytest

from connectors.destinations.contract import Attempt, Verdict
from schemas.notification import Outcome as Ending

World = Any

STEPS = (
    "AttemptStarted before commit",
    "AttemptStarted committed",
    "call leaves",
    "call arrived",
    "AttemptEnded before commit",
    "AttemptEnded committed",
)
ARRIVED = frozenset(STEPS[3:])
BEGUN = frozenset(STEPS[1:])
"""Steps at which the next owner finds the attempt begun, or ended."""

KINDS: dict[str, dict[str, bool]] = {
    "deduplicates": {"deduplicates": True},
    "can be asked": {"findable": True},
    "can neither": {},
}


async def _crash_at(world: World, step: str) -> None:
    """Run a process until it reaches the step, and kill it there."""
    reached = asyncio.Event()
    recorder, task = world.recorders["team"], world.task()

    async def probe(at: str) -> None:
        if at == step:
            reached.set()
            await asyncio.Event().wait()  # a killed process does nothing more

    recorder.probe = task.probe = probe
    sender = world.start()
    await world.clock.until(reached.is_set, within=600)
    task.crash()
    recorder.probe = task.probe = _nothing
    await sender.closed(0)


async def _nothing(_step: str) -> None:
    return


@pytest.mark.parametrize(("step", "kind"), list(product(STEPS, KINDS)))
async def test_one_crash_shows_people_at_most_one_marked_repeat(
    world: World, step: str, kind: str
) -> None:
    """Exactly one message where it is dropped or found; else at most one more, marked."""
    recorder = world.receiver("team", **KINDS[kind])
    await world.task().feed(world.request("m"))
    await _crash_at(world, step)
    world.start()
    task = world.task()
    await world.clock.until(lambda: bool(task.settled), within=600)

    (settled,) = task.settled
    assert settled.data.outcome is Ending.DELIVERED
    if kind != "can neither":
        assert recorder.seen("m") == [False]
        assert settled.data.repeated is False
    elif step == "AttemptEnded committed" or step not in BEGUN:
        assert recorder.seen("m") == [False]
    else:
        first = [False] if step in ARRIVED else []
        assert recorder.seen("m") == [*first, True]
        assert settled.data.repeated is True


TWICE = [
    (first, second, kind)
    for first, second, kind in product(STEPS[:5], STEPS[:5], KINDS)
    # a message that has arrived is found, so that no second call is made to crash in
    if not (kind == "can be asked" and first in ARRIVED and second.startswith("call"))
]


@pytest.mark.parametrize(("first", "second", "kind"), TWICE)
async def test_two_crashes_show_at_most_two_marked_repeats(
    world: World, first: str, second: str, kind: str
) -> None:
    """However two crashes fall, only the first sight of a message can be unmarked."""
    recorder = world.receiver("team", **KINDS[kind])
    await world.task().feed(world.request("m"))
    await _crash_at(world, first)
    await _crash_at(world, second)
    world.start()
    task = world.task()
    await world.clock.until(lambda: bool(task.settled), within=600)

    seen = recorder.seen("m")
    assert len(task.settled) == 1
    assert len(seen) <= (1 if kind != "can neither" else 3)
    assert all(seen[1:])
    assert seen


async def test_an_attempt_left_by_another_owner_waits_before_it_is_asked_about(
    world: World,
) -> None:
    """The former owner's call may still be under way for a few seconds."""
    recorder = world.receiver("team", findable=True)
    await world.task().feed(world.request("m"))
    world.clock.seconds += 3_000
    await _crash_at(world, "call leaves")
    started = world.clock.now()
    world.start()
    await world.clock.advance(4.9)
    assert recorder.asked == []
    await world.clock.advance(0.2)
    assert recorder.asked == ["m"]
    assert recorder.since == [started]


async def test_what_cannot_be_asked_just_now_is_asked_again_before_it_is_sent(
    world: World,
) -> None:
    """A look-up that fails sends nothing: it is repeated until it says yes or no."""
    recorder = world.receiver("team", findable=True)
    recorder.find_script = [Attempt(Verdict.UNKNOWN, "Slack is not available", 30.0)] * 2
    await world.task().feed(world.request("m"))
    await _crash_at(world, "call arrived")
    world.start()
    task = world.task()
    await world.clock.until(lambda: bool(task.settled), within=600)
    assert recorder.asked == ["m", "m", "m"]
    assert recorder.seen("m") == [False]
    assert task.settled[0].data.outcome is Ending.DELIVERED


async def test_a_long_outage_after_a_crash_ends_without_a_second_message(world: World) -> None:
    """Two days later nothing is sent any more, but what had arrived is reported as delivered."""
    recorder = world.receiver("team", findable=True)
    await world.task().feed(world.request("m"))
    await _crash_at(world, "call arrived")
    world.clock.seconds += 2 * 86_400
    world.start()
    task = world.task()
    await world.clock.until(lambda: bool(task.settled), within=600)
    assert task.settled[0].data.outcome is Ending.DELIVERED
    assert recorder.seen("m") == [False]


async def test_what_is_left_of_a_deduplicated_message_after_an_outage_expires(
    world: World,
) -> None:
    """Where nothing can be asked and it is too late, no repeat is sent and the doubt is told."""
    recorder = world.receiver("team")
    await world.task().feed(world.request("m"))
    await _crash_at(world, "call arrived")
    world.clock.seconds += 2 * 86_400
    world.start()
    task: Any = world.task()
    await world.clock.until(lambda: bool(task.settled), within=600)
    assert task.settled[0].data.outcome is Ending.EXPIRED
    assert "may have arrived" in task.settled[0].data.reason
    assert recorder.seen("m") == [False]
