"""What a replay makes of items whose history comes once more, by the same and by other rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.envelope import Event
from schemas.feedback import FeedbackRouted, Score
from schemas.topics import CLASSIFIED, RECEIVED, REQUESTED, ROUTED
from tests.feedback.items import DAY, NOW, ROUTE, START, TEAM, applied, processor, received, ticked
from workers.config.routes import Route
from workers.config.team import Team
from workers.feedback.classification.rules_classifier import RulesClassifier
from workers.feedback.item.parts import MAX_PARTS, together
from workers.feedback.item.rows import ItemRow, Row
from workers.feedback.processor import FeedbackProcessor
from workers.feedback.routing.tree import RouteTree
from workers.processor import Emission, Replayable, Revised

OTHER_ROUTE = Route.model_validate(
    {
        "receiver": "everybody",
        "owner": "bo",
        "routes": [
            {"name": "vip", "match": "tags = vip", "receiver": "vips", "continue": True},
            {"name": "twice", "match": 'text =~ "twice"', "receiver": "payments", "due_in": "4h"},
            {"name": "unhappy", "match": "score.raw <= 2", "receiver": "incidents"},
            {"name": "app", "match": "area = app", "receiver": "mobile", "due_in": "1d"},
        ],
    }
)
OTHER_TEAM = Team.model_validate(
    TEAM.model_dump(mode="json")
    | {
        "areas": [
            {"id": "app", "name": "App", "owner": "cy", "keywords": ["crashes", "site"]},
            {"id": "billing", "name": "Billing", "owner": "bo", "keywords": ["filter"]},
        ]
    }
)
TEXTS = (
    "",
    "The app crashes when I open an invoice",
    "I was charged twice, this is urgent!",
    "Thank you, it works perfectly now",
    "Could you add a filter for invoices please?",
    "the whole site is down",
)
PARTS = {"a": "opening", "b": "comment", "c": "comment", "d": "rating"}
HOURS = (0, 1, 2, 30, -24 * 400, 24 * 365 * 70)


@cache
def other() -> FeedbackProcessor:
    """The same worker with other areas and other routes."""
    return FeedbackProcessor(
        RulesClassifier(OTHER_TEAM.areas), RouteTree(OTHER_ROUTE, OTHER_TEAM), OTHER_TEAM
    )


@cache
def same() -> FeedbackProcessor:
    """The worker that lived through the history."""
    return processor()


def said(item: int, part_id: str, hours: int, salt: int) -> Any:
    """One version of a part: what has the same identity has the same content."""
    mix = item * 31 + ord(part_id) * 17 + HOURS.index(hours) * 7 + salt
    score = Score.of(mix % 5 + 1, 1, 5, "csat_1_5") if PARTS[part_id] == "rating" else None
    return received(
        TEXTS[mix % len(TEXTS)],
        item=f"desk:ticket:{item}",
        part=PARTS[part_id],
        part_id=part_id,
        hours=hours,
        tags=("vip",) if mix % 3 == 0 else (),
        score=score,
        created_at=START.replace(year=2020) if mix % 7 == 0 else START,
    )


@dataclass(frozen=True)
class Step:
    """A chunk of events, and how many days of stream time have passed before it."""

    events: Sequence[Any]
    days: int


@st.composite
def histories(draw: st.DrawFn) -> list[Step]:
    """Parts of two items in any order, repeats, late versions, clock ticks that sweep."""
    salt = draw(st.integers(0, 41))
    part = st.builds(
        said,
        st.sampled_from((1, 2)),
        st.sampled_from(tuple(PARTS)),
        st.sampled_from(HOURS),
        st.just(salt),
    )
    events = st.lists(st.one_of(part, part, part, st.builds(ticked)), min_size=1, max_size=5)
    days = st.sampled_from((0, 0, 0, 1, 91, 401))
    return draw(st.lists(st.builds(Step, events, days), max_size=6))


@dataclass
class Lived:
    """What a worker has made of a history."""

    state: dict[str, Row] = field(default_factory=dict)
    last: dict[tuple[str, str], Any] = field(default_factory=dict)
    """Data of the last event of a topic about an item."""
    now: int = NOW


def live(worker: FeedbackProcessor, steps: Sequence[Step]) -> Lived:
    """Process a history, step after step."""
    lived = Lived()
    for step in steps:
        lived.now += step.days * DAY
        outcome = worker.process(step.events, lived.state, lived.now)
        lived.state = applied(lived.state, outcome)
        for one in outcome.emissions:
            if one.topic != REQUESTED.name:
                lived.last[one.topic, one.key.decode()] = one.data
    return lived


def replayed(
    worker: Replayable, steps: Sequence[Step], state: Mapping[str, Row], now: int
) -> dict[str, Revised[Any]]:
    """What a replay of these steps revises."""
    rebuild = worker.rebuild()
    for step in steps:
        rebuild.take([event for event in step.events if event.type == RECEIVED.name])
    found = {key: rebuild.revise(key, row, now) for key, row in state.items()}
    return {key: revised for key, revised in found.items() if revised is not None}


def event_of(data: FeedbackRouted) -> Event[FeedbackRouted]:
    """An event about this route."""
    return Event[FeedbackRouted](
        id="r",
        source="/workers/feedback",
        type=ROUTED.name,
        time=START,
        partitionkey=data.item_id,
        data=data,
    )


def meaning(data: Any) -> Any:
    """What an event says, without which revision it is and when it is due."""
    left_out = {"revision", "classified_revision", "announced", "due_at"}
    return None if data is None else data.model_dump(exclude=left_out)


@given(steps=histories(), begin=st.integers(0, 5))
@settings(max_examples=150, deadline=None)
def test_the_same_rules_change_nothing(steps: list[Step], begin: int) -> None:
    """Whatever the history, and wherever the replay begins in it."""
    lived = live(same(), steps)
    assert replayed(same(), steps, lived.state, lived.now) == {}
    assert replayed(same(), steps[begin:], lived.state, lived.now) == {}


@given(steps=histories())
@settings(max_examples=150, deadline=None)
def test_other_rules_end_where_they_had_ended_from_the_start(steps: list[Step]) -> None:
    """Labels and route are those of a worker that had the new rules all the time."""
    lived, expected = live(same(), steps), live(other(), steps)
    revisions = replayed(other(), steps, lived.state, lived.now)
    last = dict(lived.last)
    for key, revised in revisions.items():
        for one in revised.emissions:
            last[one.topic, key] = one.data
    for key, row in expected.state.items():
        now = revisions[key].row if key in revisions else lived.state[key]
        if isinstance(row, ItemRow):
            assert isinstance(now, ItemRow)
            assert (now.parts, now.route, together(now.parts)) == (
                row.parts,
                row.route,
                together(row.parts),
            )
        for topic in (CLASSIFIED.name, ROUTED.name):
            assert meaning(last.get((topic, key))) == meaning(expected.last.get((topic, key)))


@given(steps=histories())
@settings(max_examples=150, deadline=None)
def test_a_replay_tells_in_silence_and_keeps_what_people_have_heard(steps: list[Step]) -> None:
    """No message; the next revision of what is different; what was seen and who was told stay."""
    lived = live(same(), steps)
    revisions = replayed(other(), steps, lived.state, lived.now)
    for key, revised in revisions.items():
        old, new = lived.state[key], revised.row
        assert isinstance(old, ItemRow)
        told: dict[str, Any] = {one.topic: one.data for one in revised.emissions}
        assert len(told) == len(revised.emissions)
        assert REQUESTED.name not in told
        assert new.classified == old.classified + (CLASSIFIED.name in told)
        assert new.routed == old.routed + (ROUTED.name in told)
        if CLASSIFIED.name in told:
            assert told[CLASSIFIED.name].revision == new.classified
        if ROUTED.name in told:
            assert told[ROUTED.name].revision == new.routed
            assert told[ROUTED.name].classified_revision == new.classified
            assert told[ROUTED.name].announced is False
        assert (new.seen, new.informed, new.touched, new.created) == (
            old.seen,
            old.informed,
            old.touched,
            old.created,
        )
    state = lived.state | {key: revised.row for key, revised in revisions.items()}
    assert replayed(other(), steps, state, lived.now) == {}


@given(steps=histories(), later=histories())
@settings(max_examples=80, deadline=None)
def test_life_goes_on_as_if_the_new_rules_had_always_held(
    steps: list[Step], later: list[Step]
) -> None:
    """What comes after a replay ends in the same labels and routes."""
    lived, expected = live(same(), steps), live(other(), [*steps, *later])
    state = dict(lived.state)
    for key, revised in replayed(other(), steps, state, lived.now).items():
        state[key] = revised.row
    for step in later:
        lived.now += step.days * DAY
        outcome = other().process(step.events, state, lived.now)
        state = applied(state, outcome)
    for key, row in expected.state.items():
        if isinstance(row, ItemRow):
            end = state[key]
            assert isinstance(end, ItemRow)
            assert (end.parts, end.route) == (row.parts, row.route)


def test_a_deadline_counts_from_the_part_that_makes_the_route() -> None:
    """As it would have with these rules from the start, not from the day of the replay."""
    parts = [
        received("How do I get an invoice?"),
        received("I was charged twice", part="comment", part_id="b", hours=1),
        received("any news?", part="comment", part_id="c", hours=2),
    ]
    steps = [Step([part], 0) for part in parts]
    lived, expected = live(same(), steps), live(other(), steps)
    (revised,) = replayed(other(), steps, lived.state, lived.now).values()
    where: Any = next(one.data for one in revised.emissions if one.topic == ROUTED.name)
    assert where.due_at == expected.last[ROUTED.name, "desk:ticket:1"].due_at


def test_parts_before_the_range_keep_what_they_said() -> None:
    """New words of a route are looked for in what came again, and in nothing else."""
    first, second = (
        received("I was charged twice"),
        received("hm", part="comment", part_id="b", hours=1),
    )
    steps = [Step([first], 0), Step([second], 0)]
    lived = live(same(), steps)
    (revised,) = replayed(other(), steps[1:], lived.state, lived.now).values()
    old, fresh = lived.state["desk:ticket:1"], live(other(), steps).state["desk:ticket:1"]
    assert isinstance(old, ItemRow)
    assert isinstance(fresh, ItemRow)
    opening, comment = revised.row.parts
    assert opening == old.parts[0]
    assert comment.found == frozenset()
    assert revised.row.route != fresh.route


def test_an_item_with_very_many_parts_is_left_alone_by_the_same_rules() -> None:
    """Its oldest parts are one part that no event stands for any more."""
    parts = [received("How do I get an invoice? The whole site is down")]
    parts += [
        received(TEXTS[n % len(TEXTS)], part="comment", part_id=f"c{n}", hours=n / 10)
        for n in range(1, MAX_PARTS * 3)
    ]
    steps = [Step([part], 0) for part in parts]
    lived = live(same(), steps)
    assert replayed(same(), steps, lived.state, lived.now) == {}
    (revised,) = replayed(other(), steps, lived.state, lived.now).values()
    assert len(revised.row.parts) == MAX_PARTS


def test_what_has_no_row_stays_without_one() -> None:
    """A row that was swept, or an event that died, is not brought to life."""
    rebuild = same().rebuild()
    rebuild.take([received("hello")])
    assert list(rebuild.keys) == ["desk:ticket:1"]
    state = live(same(), [Step([received("hello", item="desk:ticket:2")], 0)]).state
    (other_row,) = state.values()
    assert rebuild.revise("desk:ticket:2", other_row, NOW) is None


def test_people_are_told_what_is_different_from_what_they_were_told_last() -> None:
    """Of labels each that differs; of a route team and receivers."""
    step = Step([received("I was charged twice for my invoice")], 0)
    lived = live(same(), [step])
    rebuild = other().rebuild()
    rebuild.take(step.events)
    revised = rebuild.revise("desk:ticket:1", lived.state["desk:ticket:1"], lived.now)
    assert revised is not None
    outcome = same().process(step.events, {}, NOW)
    last = {one.topic: one.value for one in outcome.emissions}
    told = [
        difference
        for one in revised.emissions
        for difference in rebuild.differences(last[one.topic], one)
    ]
    assert told == [
        ("area", "billing", "none"),
        ("team", "payments", "none"),
        ("receivers", "incidents, payments", "payments"),
    ]
    for gone in (None, b"no event"):
        (route,) = [one for one in revised.emissions if one.topic == ROUTED.name]
        assert ("team", "", "none") in rebuild.differences(gone, route)


def test_a_route_to_the_same_people_is_told_by_its_name() -> None:
    """Somebody has renamed it, or others have moved to its place."""
    urgent, billing = ROUTE.routes
    money = billing.model_copy(update={"name": "money"})
    renamed = ROUTE.model_copy(update={"routes": (urgent, money)})
    step = Step([received("How do I get an invoice?")], 0)
    lived = live(same(), [step])
    (revised,) = replayed(processor(renamed), [step], lived.state, lived.now).values()
    (route,) = revised.emissions
    last = Emission.of(ROUTED, event_of(lived.last[ROUTED.name, "desk:ticket:1"]))
    told = same().rebuild().differences(last.value, route)
    assert told == [("routes", "billing", "money")]
