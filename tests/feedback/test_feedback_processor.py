"""What becomes of an item as its parts arrive."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from schemas.feedback import Customer, Kind, Score, Sentiment, Urgency
from schemas.trace import parse, root
from tests.feedback.items import (
    DAY,
    NOW,
    START,
    applied,
    classified,
    processor,
    received,
    requested,
    routed,
    ticked,
    written,
)
from workers.config.routes import Route
from workers.feedback.item.identity import MAX_SEEN, unpacked
from workers.feedback.item.parts import MAX_PARTS
from workers.feedback.item.rows import ItemRow, SweepRow
from workers.feedback.sweep import KEEP_DAYS, MAX_DELETIONS, SWEEP_KEY

TWICE = ("productops_stage_duplicates_total", ("feedback",))
LATE = ("productops_stage_late_total", ("feedback",))


def comment(text: str, hours: float, **fields: Any) -> Any:
    """A comment on the item."""
    return received(text, part="comment", part_id=f"c{hours}", hours=hours, **fields)


def test_an_opening_is_classified_routed_and_told() -> None:
    """One new item: what it is, where it goes by which rule, one message a receiver."""
    opening = received(
        "I was charged twice for my invoice",
        customer=Customer(id="desk:7"),
        url="https://desk.example/1",
    )
    outcome = processor().process([opening], {}, NOW)
    (what,), (where,), messages = classified(outcome), routed(outcome), requested(outcome)
    assert (what.item_id, what.revision, what.customer_id) == ("desk:ticket:1", 1, "desk:7")
    assert (what.kind, what.area, what.urgency) == (Kind.BUG, "billing", Urgency.HIGH)
    assert what.model_version == "rules-2"
    assert (where.revision, where.classified_revision, where.announced) == (1, 1, True)
    assert [(target.receiver, target.route) for target in where.targets] == [
        ("incidents", "urgent"),
        ("payments", "twice"),
    ]
    assert (where.owner, where.team, where.due_at) == (
        "ana",
        "payments",
        START + timedelta(hours=1),
    )
    assert [message.receiver for message in messages] == ["incidents", "payments"]
    assert messages[1].message_id == "feedback/desk:ticket:1/1/payments"
    assert (messages[1].mention, messages[1].link) == ("ana", "https://desk.example/1")
    assert messages[1].title == "Bug report in Billing from desk"
    facts = {fact.label: fact.value for fact in messages[1].facts}
    assert facts["Owner"] == "Ana Costa"
    assert facts["Route"] == 'twice: area = billing and text =~ "charged twice"'
    assert outcome.counts["productops_feedback_classified_total", ("bug", "high")] == 1
    assert outcome.counts["productops_feedback_routed_total", ("payments",)] == 1


def test_events_are_identified_by_entity_and_revision() -> None:
    """Ids derive from the item and its revision, times from the world."""
    outcome = processor().process([received("hello there")], {}, NOW)
    assert [
        (one.event.id, one.event.source, one.event.time, one.key)
        for one in outcome.emissions
        if one.event is not None
    ] == [
        ("classified/desk:ticket:1/1", "/workers/feedback", START, b"desk:ticket:1"),
        ("routed/desk:ticket:1/1", "/workers/feedback", START, b"desk:ticket:1"),
        (
            "requested/feedback/desk:ticket:1/1/everybody",
            "/workers/feedback",
            START,
            b"feedback/desk:ticket:1/1/everybody",
        ),
    ]


def test_what_an_event_causes_is_part_of_its_trace() -> None:
    """Each emission has the trace id of its cause and a span id of its own, at every replay."""
    cause = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
    opening = received("hello there").model_copy(update={"traceparent": cause})
    outcome = processor().process([opening], {}, NOW)
    traces = [parse(one.event.traceparent) for one in outcome.emissions if one.event is not None]
    assert [one and one.trace_id for one in traces] == ["4bf92f3577b34da6a3ce929d0e0e4736"] * 3
    assert len({one and one.span_id for one in traces} | {"00f067aa0ba902b7"}) == 4
    assert {one and one.sampled for one in traces} == {False}
    assert {one.cause for one in outcome.emissions} == {cause}
    assert processor().process([opening], {}, NOW).emissions == outcome.emissions


@pytest.mark.parametrize("given", [None, "00-ab-cd-01"])
def test_an_event_without_a_trace_begins_one(given: str | None) -> None:
    """What it causes is one trace, that of its identity; what is no trace context is ignored."""
    opening = received("hello there").model_copy(update={"traceparent": given})
    outcome = processor().process([opening], {}, NOW)
    begun = root(opening.identity)
    assert {one.cause for one in outcome.emissions} == {begun}
    traces = {parse(one.event.traceparent).trace_id for one in outcome.emissions}  # type: ignore[union-attr]
    assert traces == {begun.split("-")[1]}


def test_a_comment_that_changes_the_labels_makes_a_revision() -> None:
    """Kind of the opening, highest urgency, sentiment of the latest, evidence of all."""
    one = processor()
    first = one.process([received("How do I get an invoice for last month?")], {}, NOW)
    later = one.process([comment("Terrible, I need it urgently!", 1)], applied({}, first), NOW)
    (what,) = classified(later)
    assert (what.revision, what.kind, what.area) == (2, Kind.QUESTION, "billing")
    assert (what.urgency, what.sentiment) == (Urgency.HIGH, Sentiment.NEGATIVE)
    rules = {match.rule for match in what.matches}
    assert {"en.question.ask", "en.urgency.pressing", "area.billing"} <= rules


def test_a_changed_route_tells_only_who_has_not_heard() -> None:
    """A comment that raises the urgency reaches the incident desk, and nobody a second time."""
    one = processor()
    first = one.process([received("How do I get an invoice?")], {}, NOW)
    assert [message.receiver for message in requested(first)] == ["payments"]
    later = one.process([comment("this is urgent", 5)], applied({}, first), NOW)
    (where,) = routed(later)
    assert where.revision == 2
    assert [target.receiver for target in where.targets] == ["incidents", "payments"]
    assert where.due_at == START + timedelta(hours=6)
    assert [message.message_id for message in requested(later)] == [
        "feedback/desk:ticket:1/2/incidents"
    ]
    (message,) = requested(later)
    assert message.body == "this is urgent"


def test_a_comment_that_changes_nothing_says_nothing() -> None:
    """Same labels, same route: no event."""
    one = processor()
    first = one.process([received("hello there, dear colleagues of mine")], {}, NOW)
    later = one.process([comment("dear colleagues, hello again", 1)], applied({}, first), NOW)
    assert list(later.emissions) == []
    assert later.changes


def test_what_the_opening_said_still_routes_after_a_comment() -> None:
    """A route on the opening's words holds for the whole item, though nobody kept the words."""
    one = processor()
    first = one.process([received("charged twice, see my invoice")], {}, NOW)
    later = one.process([comment("any news on this?", 1)], applied({}, first), NOW)
    assert routed(later) == []


def test_a_new_version_of_a_part_replaces_the_former() -> None:
    """An edited opening counts with its new words only; an older version comes too late."""
    one = processor()
    first = one.process([received("the whole site is down", hours=1)], {}, NOW)
    edited = one.process([received("sorry, all is fine", hours=2)], applied({}, first), NOW)
    (what,) = classified(edited)
    assert (what.revision, what.urgency) == (2, Urgency.NORMAL)
    state = applied(applied({}, first), edited)
    old = one.process([received("the site is down", hours=0)], state, NOW)
    assert (list(old.emissions), old.counts[LATE]) == ([], 1)
    again = one.process([received("the site is down", hours=0)], applied(state, old), NOW)
    assert (again.counts[TWICE], again.counts[LATE], dict(again.changes)) == (1, 0, {})


def test_parts_in_any_order_end_in_the_same_labels() -> None:
    """Tools report comments before their ticket: the end is the same."""
    parts = [
        received("How do I get an invoice?"),
        comment("it crashes, and it is urgent", 1),
        comment("thank you so much, it works great", 2),
        received("", part="rating", part_id="r", hours=3, score=Score.of(0, 0, 1, "csat")),
    ]
    ends = set()
    for order in permutations(parts):
        outcome = processor().process(order, {}, NOW)
        last = classified(outcome)[-1]
        ends.add((last.kind, last.area, last.urgency, last.sentiment, last.matches))
        assert [where.revision for where in routed(outcome)] == list(
            range(1, len(routed(outcome)) + 1)
        )
        told = [message.receiver for message in requested(outcome)]
        assert len(told) == len(set(told))
    assert len(ends) == 1
    ((kind, area, urgency, sentiment, _),) = ends
    assert (kind, area, urgency, sentiment) == (
        Kind.QUESTION,
        "billing",
        Urgency.HIGH,
        Sentiment.NEGATIVE,
    )


def test_an_opening_without_words_takes_the_kind_of_what_follows() -> None:
    """A ticket whose words come as its first comment is what the comment says."""
    one = processor()
    outcome = one.process([received(""), comment("the app crashes", 1)], {}, NOW)
    assert [what.kind for what in classified(outcome)] == [Kind.OTHER, Kind.BUG]


@pytest.mark.parametrize(
    ("live_since", "created", "announced"),
    [
        (datetime(2026, 3, 1, tzinfo=UTC), START, True),
        (START, START, True),
        (START + timedelta(milliseconds=1), START, False),
        (None, START, False),
        (START + timedelta(days=30), datetime(2099, 1, 1, tzinfo=UTC), False),
        (START, START - timedelta(days=400), False),
    ],
)
def test_nothing_older_than_going_live_is_announced(
    live_since: datetime | None,
    created: datetime,
    announced: bool,  # noqa: FBT001
) -> None:
    """History is classified and routed and told to nobody; a date in the future is now."""
    one = processor(live_since=live_since)
    outcome = one.process([received("the app crashes", created_at=created)], {}, NOW)
    (where,) = routed(outcome)
    assert where.announced is announced
    assert bool(requested(outcome)) is announced


def test_history_stays_silent_whatever_is_added_later() -> None:
    """A comment of today on an item from before going live tells nobody."""
    one = processor(live_since=START + timedelta(hours=1))
    first = one.process([received("hello")], {}, NOW)
    later = one.process([comment("the whole site is down", 2)], applied({}, first), NOW)
    assert [where.announced for where in routed(later)] == [False]
    assert requested(later) == []


def test_a_comment_with_a_wrong_creation_time_does_not_make_the_item_new() -> None:
    """The earliest creation time that any part gave counts."""
    one = processor(live_since=START + timedelta(hours=1))
    first = one.process([received("hello")], {}, NOW)
    wrong = comment("the whole site is down", 2, created_at=START + timedelta(hours=2))
    assert requested(one.process([wrong], applied({}, first), NOW)) == []


def test_a_version_from_the_future_does_not_block_later_ones() -> None:
    """A lying clock counts as now: the next honest version of the part replaces it."""
    one = processor()
    lie = received("the whole site is down", updated_at=datetime(2090, 1, 1, tzinfo=UTC))
    first = one.process([lie], {}, NOW)
    (where,) = routed(first)
    assert where.due_at == datetime.fromtimestamp(NOW / 1000, UTC) + timedelta(hours=1)
    assert all(one.event is not None and one.event.time.year == 2026 for one in first.emissions)
    honest = received("sorry, wrong window", hours=24 * 5)
    later = one.process([honest], applied({}, first), NOW + 5 * DAY)
    assert [what.urgency for what in classified(later)] == [Urgency.NORMAL]


def test_customer_identity_and_words_stay_in_received() -> None:
    """Outputs hold nothing of the customer but a masked quotation; the state not even that."""
    one = processor()
    customer = Customer(
        id="desk:7",
        name="Zebedee Quux",
        email="zq@example.org",
        organization_name="Quux Ltd",
        tier="gold",
    )
    text = "Zebedee here, the gizmo crashes. Mail zq@example.org or call +44 20 7946 0958"
    outcome = one.process(
        [received(text, customer=customer, tags=("zebtag",), attributes={"x": "zebattr"})], {}, NOW
    )
    everything = written(outcome.emissions)
    state = b"".join(one.codec.encode(row) for row in outcome.changes.values() if row).decode()
    for word in ("Zebedee", "zq@", "Quux", "7946", "gold", "zebtag", "zebattr"):
        assert word not in everything
        assert word not in state
    assert "gizmo" not in state
    assert "gizmo" not in written(outcome.emissions[:2])
    assert [message.body for message in requested(outcome)] == [
        "[name] here, the gizmo crashes. Mail [mail address] or call [phone number]"
    ]


def test_an_item_with_very_many_parts_keeps_a_small_row() -> None:
    """Beyond a bound the oldest comments are folded into one; what they said still counts."""
    route = Route.model_validate(
        {
            "receiver": "everybody",
            "routes": [
                {
                    "match": ['text =~ "zebra"', "score.raw = 3"],
                    "receiver": "zebras",
                }
            ],
        }
    )
    one = processor(route)
    parts = [received("How do I get an invoice? The whole site is down")]
    parts += [comment("we are urgently waiting for a zebra", 1)]
    score = Score.of(3, 1, 5, "csat_1_5")
    parts += [received("hm", part="rating", part_id="r", hours=1.001, score=score)]
    parts += [comment(f"comment number {n}", 1.01 + n / 100) for n in range(400)]
    state: dict[str, Any] = {}
    routes = []
    for part in parts:
        outcome = one.process([part], state, NOW)
        state = applied(state, outcome)
        routes += [where.targets[0].receiver for where in routed(outcome)]
    assert routes == ["everybody", "zebras"]  # for good, by what a folded comment and rating said
    row = state["desk:ticket:1"]
    assert isinstance(row, ItemRow)
    assert (len(row.parts), len(unpacked(row.seen))) == (MAX_PARTS, MAX_SEEN)
    assert len(one.codec.encode(row)) < 20_000
    late = one.process([comment("horrible!", 40)], state, NOW)
    (what,) = classified(late)
    assert (what.kind, what.urgency, what.sentiment) == (
        Kind.QUESTION,
        Urgency.CRITICAL,
        Sentiment.NEGATIVE,
    )
    edited = one.process([received("How do I get an invoice?", hours=41)], state, NOW)
    assert [what.urgency for what in classified(edited)] == [Urgency.HIGH]


def test_the_latest_score_routes() -> None:
    """A customer who changes a rating is routed by the new one."""
    route = Route.model_validate(
        {"receiver": "all", "routes": [{"match": "score.raw <= 2", "receiver": "unhappy"}]}
    )
    one = processor(route)
    ratings = [
        received("", part="rating", part_id=f"r{hours}", hours=hours, score=score)
        for hours, score in ((1, Score.of(1, 1, 5, "csat_1_5")), (2, Score.of(5, 1, 5, "csat_1_5")))
    ]
    for order in (ratings, ratings[::-1]):
        ends = routed(one.process(order, {}, NOW))
        assert [target.receiver for target in ends[-1].targets] == ["all"]


def test_the_title_is_masked_as_well() -> None:
    """A mail address in the subject does not leave."""
    (message,) = requested(
        processor().process([received("hello", subject="Mail kim@mail.example now")], {}, NOW)
    )
    assert message.title == "Feedback: Mail [mail address] now"


def test_rows_that_nothing_touched_for_long_are_deleted_once_a_day() -> None:
    """A tick sweeps a bounded number of rows; one touched lately stays, however old its events."""
    one = processor()
    state = applied({}, one.process([received("hello", item="desk:ticket:1")], {}, NOW))
    (row,) = state.values()
    much_later = NOW + (KEEP_DAYS + 1) * DAY
    state |= {f"desk:ticket:{n}": row for n in range(2, MAX_DELETIONS + 4)}
    old = received("hello", item="desk:ticket:9999")
    touched = comment("hello again", 1)
    first = one.process([old, touched, ticked()], state, much_later)
    assert sum(change is None for change in first.changes.values()) == MAX_DELETIONS
    assert SWEEP_KEY not in first.changes
    state = applied(state, first)
    second = one.process([ticked()], state, much_later)
    state = applied(state, second)
    assert set(state) == {"desk:ticket:1", "desk:ticket:9999", SWEEP_KEY}
    assert state[SWEEP_KEY] == SweepRow(much_later // DAY)
    assert dict(one.process([ticked()], state, much_later).changes) == {}


def test_a_repeat_within_the_horizon_is_a_repeat_and_later_it_is_late() -> None:
    """Identities are forgotten after 90 days; the part's version then says that it is old."""
    one = processor()
    event = received("the app crashes")
    state = applied({}, one.process([event], {}, NOW))
    soon = one.process([event], state, NOW + 90 * DAY)
    assert (soon.counts[TWICE], dict(soon.changes)) == (1, {})
    state = applied(state, one.process([comment("hm", 1)], state, NOW + 91 * DAY))
    late = one.process([event], state, NOW + 91 * DAY)
    assert (late.counts[TWICE], late.counts[LATE], list(late.emissions)) == (0, 1, [])


def test_what_comes_again_right_after_its_row_was_deleted_is_new() -> None:
    """In one chunk or in two: the row that had seen it is gone."""
    one = processor()
    event = received("the app crashes")
    state = applied({}, one.process([event], {}, NOW))
    later = NOW + (KEEP_DAYS + 1) * DAY
    together = one.process([ticked(), event], state, later)
    swept = one.process([ticked()], state, later)
    apart = one.process([event], applied(state, swept), later)
    assert applied(state, together) == applied(applied(state, swept), apart)
    assert [what.revision for what in classified(together)] == [1]
