"""What every processor owes the platform (``workers.processor``), in every history."""

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.topics import topic_named
from tests.contracts.processors.worlds import WORLDS, World
from workers.processor import Emission, Malformed, Processor, Record

SLOW = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(params=WORLDS, ids=lambda world: world.name)
def world(request: pytest.FixtureRequest) -> World:
    """Each processor under contract."""
    chosen: World = request.param
    return chosen


@dataclass
class Run:
    """What became of a history."""

    emissions: list[Emission] = field(default_factory=list)
    state: dict[str, Any] = field(default_factory=dict)
    counts: Counter[Any] = field(default_factory=Counter)

    def written(self) -> list[tuple[str, bytes, bytes]]:
        """What consumers see."""
        return [(one.topic, one.key, one.value) for one in self.emissions]


def run(
    processor: Processor[Any, Any],
    chunks: Sequence[Sequence[Any]],
    now: int,
    state: Mapping[str, Any] | None = None,
) -> Run:
    """Process chunk after chunk, as the platform does."""
    done = Run(state=dict(state or {}))
    for chunk in chunks:
        outcome = processor.process(chunk, MappingProxyType(done.state), now)
        done.emissions.extend(outcome.emissions)
        done.counts.update(outcome.counts)
        for key, row in outcome.changes.items():
            if row is None:
                done.state.pop(key, None)
            else:
                done.state[key] = row
    return done


def split(events: Sequence[Any], cuts: Sequence[int]) -> list[Sequence[Any]]:
    """The events in chunks that end at the cuts."""
    edges = [0, *sorted(cut for cut in cuts if cut <= len(events)), len(events)]
    return [events[a:b] for a, b in itertools.pairwise(edges)]


@given(data=st.data(), cuts=st.lists(st.integers(0, 10), max_size=4))
@SLOW
def test_any_split_gives_the_same(world: World, data: st.DataObject, cuts: list[int]) -> None:
    """How Kafka happens to cut a partition into chunks decides nothing."""
    events = data.draw(world.histories)
    processor = world.make()
    whole, parts = (
        run(processor, [events], world.now),
        run(processor, split(events, cuts), world.now),
    )
    assert parts.written() == whole.written()
    assert parts.state == whole.state
    assert parts.counts == whole.counts


@given(data=st.data())
@SLOW
def test_repeats_change_nothing_and_are_counted(world: World, data: st.DataObject) -> None:
    """A vendor's repeated page, in the same chunk or later, leaves no trace but a count."""
    events = [one for one in data.draw(world.histories) if world.repeatable(one)]
    processor = world.make()
    once = run(processor, [events], world.now)
    later = run(processor, [events, events], world.now)
    together = run(processor, [[*events, *events]], world.now)
    for twice in (later, together):
        assert twice.written() == once.written()
        assert twice.state == once.state
        assert twice.counts[world.repeats] == once.counts[world.repeats] + len(events)


@given(data=st.data())
@SLOW
def test_the_state_it_is_given_stays_as_it_is(world: World, data: st.DataObject) -> None:
    """An aborted transaction leaves the state in memory untouched."""
    processor = world.make()
    before = run(processor, [data.draw(world.histories)], world.now).state
    rows = {key: processor.codec.encode(row) for key, row in before.items()}
    processor.process(data.draw(world.histories), before, world.now)
    assert {key: processor.codec.encode(row) for key, row in before.items()} == rows


@given(data=st.data())
@SLOW
def test_two_instances_decide_the_same(world: World, data: st.DataObject) -> None:
    """A replay in another process writes the same bytes."""
    events = data.draw(world.histories)
    one, other = (run(world.make(), [events], world.now) for _ in range(2))
    assert (one.written(), one.state, one.counts) == (other.written(), other.state, other.counts)


@given(data=st.data())
@SLOW
def test_a_restored_state_goes_on_like_the_kept_one(world: World, data: st.DataObject) -> None:
    """Rows survive the changelog: decode(encode(row)) is the row, and decides as it did."""
    processor = world.make()
    first, second = data.draw(world.histories), data.draw(world.histories)
    kept = run(processor, [first], world.now).state
    restored = {
        key: processor.codec.decode(processor.codec.encode(row)) for key, row in kept.items()
    }
    assert restored == kept
    assert (
        run(processor, [second], world.now, restored).written()
        == run(processor, [second], world.now, kept).written()
    )


@given(data=st.data())
@SLOW
def test_what_it_writes_are_events_of_its_declared_topics(
    world: World, data: st.DataObject
) -> None:
    """Every record is an event of a declared output, under an identity of its own."""
    processor = world.make()
    done = run(processor, [data.draw(world.histories)], world.now)
    outputs = {topic.name for topic in processor.outputs}
    identities = []
    for emission in done.emissions:
        assert emission.topic in outputs
        event = topic_named(emission.topic).event_model().model_validate_json(emission.value)
        assert event.type == emission.topic
        assert event.partitionkey.encode() == emission.key
        identities.append(event.identity)
    assert len(set(identities)) == len(identities)


def test_no_events_are_no_news(world: World) -> None:
    """An empty chunk changes nothing."""
    outcome = world.make().process([], {}, world.now)
    assert (list(outcome.emissions), dict(outcome.changes)) == ([], {})


@given(data=st.data())
@SLOW
def test_an_event_reads_back_as_it_was_written(world: World, data: st.DataObject) -> None:
    """Decoding is the inverse of how events are written."""
    processor = world.make()
    for event in filter(world.written, data.draw(world.histories)):
        assert processor.decode(world.record(event)) == event


@given(value=st.none() | st.binary(max_size=200) | st.from_regex(rb'\{"data":.{0,80}\}'))
@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_what_is_no_event_is_malformed_and_nothing_else(world: World, value: bytes | None) -> None:
    """Whatever bytes stand in a topic, decode answers with an event or ``Malformed``."""
    processor = world.make()
    for topic in processor.inputs:
        with pytest.raises(Malformed):
            processor.decode(Record(topic.name, 0, 0, b"k", value, 0))


@given(raw=st.binary(max_size=100) | st.just(b"[99,0]") | st.just(b"[]") | st.just(b"{}"))
@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_rows_of_another_format_are_refused(world: World, raw: bytes) -> None:
    """A row that this version cannot read is a ``ValueError``, never a wrong row."""
    with pytest.raises(ValueError, match=r"\w"):
        world.make().codec.decode(raw)
