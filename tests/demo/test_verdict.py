"""The demo's verdict: a good run is good, every shortcoming is named, order means nothing."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.notification import Outcome
from tests.demo.flow import (
    ANSWERS,
    REPLY,
    TICKETS,
    TOLD,
    Row,
    Run,
    checkpoint,
    classified,
    dead,
    good_run,
    received,
    requested,
    routed,
    settled,
)
from workers.demo.expected import Expected
from workers.demo.tally import Tally
from workers.demo.verdict import Report

Change = Callable[[Run], Run]


def without(*gone: Row) -> Change:
    """A run in which these records are missing."""
    return lambda run: replace(run, rows=[row for row in run.rows if row not in gone])


def with_more(*more: Row) -> Change:
    """A run in which these records are there, too."""
    return lambda run: replace(run, rows=[*run.rows, *more])


def delivered(**times: int) -> Change:
    """A run in which the receiver shows these messages."""
    keys = {f"m/support:ticket:{number[1:]}": count for number, count in times.items()}
    return lambda run: replace(run, evidence=replace(run.evidence, delivered=keys))


def on_page(*items: str) -> Change:
    """A run in which the pages list these items."""
    return lambda run: replace(run, evidence=replace(run.evidence, on_page=frozenset(items)))


def expecting(**fields: object) -> Change:
    """A run of which something else is expected."""
    return lambda run: replace(run, expected=replace(run.expected, **fields))  # type: ignore[arg-type]


SHORTCOMINGS: dict[str, tuple[Change, str]] = {
    "an item is missing": (
        without(received(TICKETS[2])),
        "1 of source support not received: support:ticket:3",
    ),
    "a part is missing": (
        without(received(TICKETS[0], part=REPLY)),
        "1 parts of source support not received: support:ticket:1/comment:7",
    ),
    "the opening of an item is missing": (
        without(received(TICKETS[0])),
        "1 parts of source support not received: support:ticket:1/opening",
    ),
    "a version too many": (
        with_more(received(TICKETS[0], version=2)),
        "1 parts of source support received too often: support:ticket:1/opening",
    ),
    "a part too many": (
        with_more(received(TICKETS[2], part=REPLY)),
        "1 parts of source support received too often: support:ticket:3/comment:7",
    ),
    "an item nobody expects": (
        with_more(received("support:ticket:9")),
        "1 parts of source support received too often: support:ticket:9/opening",
    ),
    "a source nobody expects": (
        with_more(received("elsewhere:row:1")),
        "1 parts of source elsewhere received too often: elsewhere:row:1/opening",
    ),
    "not classified": (
        without(classified(ANSWERS[0])),
        "1 not classified: survey:row:1",
    ),
    "not routed": (without(routed(TICKETS[2])), "1 not routed: support:ticket:3"),
    "not on the page": (on_page(*TICKETS), "2 not on the page: survey:row:1, survey:row:2"),
    "classified twice": (
        with_more(classified(TICKETS[1])),
        "1 classified more than once: support:ticket:2",
    ),
    "routed twice": (with_more(routed(TICKETS[1])), "1 routed more than once: support:ticket:2"),
    "not announced": (
        expecting(announced=frozenset(TICKETS)),
        "1 not announced: support:ticket:3",
    ),
    "old news": (
        expecting(announced=frozenset(TOLD[:1])),
        "1 announced but too old: support:ticket:2",
    ),
    "not delivered": (delivered(t1=1), "1 requested but not delivered: m/support:ticket:2"),
    "delivered out of nowhere": (
        delivered(t1=1, t2=1, t3=1),
        "1 delivered but never requested: m/support:ticket:3",
    ),
    "delivered twice": (
        delivered(t1=1, t2=2),
        "1 delivered more than once: m/support:ticket:2",
    ),
    "not settled": (
        without(settled(TOLD[0])),
        "1 delivered but not recorded as settled: m/support:ticket:1",
    ),
    "given up": (
        lambda run: with_more(settled(TOLD[0], Outcome.FAILED))(without(settled(TOLD[0]))(run)),
        "1 not settled as delivered: m/support:ticket:1",
    ),
    "a dead letter is missing": (
        without(dead("history.csv:7")),
        "source survey: 0 dead letters, expected 1",
    ),
    "a dead letter too many": (
        with_more(dead("9", source="support")),
        "source support: 1 dead letters, expected 0",
    ),
    "a worker has dead-lettered": (
        with_more(dead("9", source=None)),
        "source workers: 1 dead letters, expected 0",
    ),
    "a record that is no event": (
        with_more(Row("feedback.item.routed.v1", b"{}")),
        "1 records of feedback.item.routed.v1 are no events of it",
    ),
    "not read to the end": (
        without(checkpoint("support", finished=True)),
        "source support has not been read to its end",
    ),
}


def test_a_good_run_lacks_nothing() -> None:
    """Everything the seed must produce has arrived: no shortcoming is named."""
    report = good_run().report()
    assert report.missing == ()
    assert report.ok


def test_a_report_counts_what_flowed() -> None:
    """The counts come from the records: by source, by team, distinct."""
    assert good_run().report() == Report(
        ok=True,
        received={"support": 4, "survey": 2},
        items={"support": 3, "survey": 2},
        classified=5,
        routed={"billing": 3, "none": 2},
        notified=2,
        duplicates_dropped=0,
        dead_letters=1,
        seconds=12.3,
    )


@pytest.mark.parametrize(("change", "named"), SHORTCOMINGS.values(), ids=SHORTCOMINGS.keys())
def test_a_shortcoming_is_named(change: Change, named: str) -> None:
    """What is missing, repeated or too much is told in words, and the run is not ok."""
    report = change(good_run()).report()
    assert named in report.missing
    assert not report.ok


def test_an_empty_cluster_lacks_everything() -> None:
    """Nothing in the topics is not a good run."""
    report = good_run().report([])
    assert not report.ok
    assert "5 not classified: support:ticket:1, support:ticket:2, support:ticket:3, " in "".join(
        report.missing
    )


def test_of_many_missing_the_first_are_named() -> None:
    """A line stays readable: five are named, the number is that of all."""
    items = [f"support:ticket:{number}" for number in range(10, 20)]
    run = expecting(announced=frozenset(items) | set(TOLD))(good_run())
    (line,) = run.report().missing
    assert line == f"10 not announced: {', '.join(items[:5])}, ..."


def test_the_sandbox_account_is_what_is_expected() -> None:
    """Items, parts, refused rows and announcements are taken from what the sandbox tells."""
    told = {
        "sources": {
            "support": {
                "items": ["a", "b"],
                "parts": {"a": ["opening", "comment:1"], "b": ["opening"]},
                "refused": [],
                "announced": ["a"],
                "later": {"b": {"opening": 2, "rating:3": 1}, "z": {"opening": 1}},
            },
            "survey": {
                "items": ["c"],
                "parts": {"c": ["opening"]},
                "refused": ["x:7", "x:9"],
                "announced": [],
                "later": {},
            },
        }
    }
    support = frozenset({("a", "opening"), ("a", "comment:1"), ("b", "opening")})
    assert Expected.of(told) == Expected(
        items={"support": frozenset("ab"), "survey": frozenset("c")},
        parts={"support": support, "survey": frozenset({("c", "opening")})},
        versions={
            "support": {
                ("a", "opening"): 1,
                ("a", "comment:1"): 1,
                ("b", "opening"): 3,
                ("b", "rating:3"): 1,
                ("z", "opening"): 1,
            },
            "survey": {("c", "opening"): 1},
        },
        dead={"support": 0, "survey": 2},
        announced=frozenset("a"),
        later=frozenset("z"),
    )


NEW = "support:ticket:8"
"""A ticket of a live demo."""


def after_a_live_demo(run: Run) -> Run:
    """The run on state in which a new ticket and a changed old one are known from before."""
    known = run.expected.versions["support"]
    more = {(TICKETS[1], "opening"): 2, (TICKETS[1], REPLY): 1, (NEW, "opening"): 1}
    versions = {**run.expected.versions, "support": {**known, **more}}
    return expecting(versions=versions, later=frozenset({NEW}))(run)


LATER: dict[str, Sequence[Row]] = {
    "nothing of it": (),
    "all of it": (
        received(NEW),
        received(TICKETS[1], version=2),
        received(TICKETS[1], part=REPLY),
        classified(NEW),
        routed(NEW),
        requested(NEW),
        settled(NEW),
    ),
    "cut short after it was announced": (received(NEW), classified(NEW), routed(NEW)),
    "told too late": (
        received(NEW),
        classified(NEW),
        routed(NEW),
        requested(NEW),
        settled(NEW, Outcome.EXPIRED),
    ),
}
"""What of the live demo is in the topics."""


@pytest.mark.parametrize("later", LATER.values(), ids=LATER.keys())
def test_what_a_live_demo_left_does_not_make_the_seed_incomplete(later: Sequence[Row]) -> None:
    """New tickets and new versions of old ones may have gone any part of their way."""
    run = with_more(*later)(after_a_live_demo(good_run()))
    if settled(NEW) in later:
        keys = {**run.evidence.delivered, f"m/{NEW}": 1}
        run = replace(run, evidence=replace(run.evidence, delivered=keys))
    report = run.report()
    assert report.missing == ()
    assert report.ok


@pytest.mark.parametrize("later", LATER.values(), ids=LATER.keys())
@pytest.mark.parametrize(("change", "named"), SHORTCOMINGS.values(), ids=SHORTCOMINGS.keys())
def test_what_a_live_demo_left_hides_no_shortcoming(
    change: Change, named: str, later: Sequence[Row]
) -> None:
    """Each item of the seed is looked for by itself: others in its place do not count."""
    run = with_more(*later)(after_a_live_demo(change(good_run())))
    assert named in run.report().missing


GOOD = good_run()
REPEATABLE = [
    *(row for row in GOOD.rows if not row.topic.endswith(("classified.v1", "routed.v1"))),
    classified(TICKETS[0], revision=2),
    routed(TICKETS[0], revision=2),
]
"""All but first classifications and routings, of which a second one is a fault."""


def shuffled(rows: Sequence[Row], data: st.DataObject) -> list[Row]:
    """The rows in an order that hypothesis chooses."""
    return [rows[number] for number in data.draw(st.permutations(range(len(rows))))]


@settings(max_examples=60)
@given(st.data())
def test_order_and_repetition_change_no_verdict(data: st.DataObject) -> None:
    """Any order of the records, with any of them repeated, gives the same report, repeats aside."""
    numbers = data.draw(st.lists(st.sampled_from(range(len(REPEATABLE))), max_size=12))
    repeats = [REPEATABLE[number] for number in numbers]
    report = GOOD.report(shuffled([*GOOD.rows, *repeats], data))
    dropped = sum(1 for row in repeats if row.topic.endswith("received.v1"))
    assert report == replace(GOOD.report(), duplicates_dropped=dropped)


@settings(max_examples=60)
@given(st.data())
def test_order_and_repetition_hide_no_shortcoming(data: st.DataObject) -> None:
    """What is missing stays missing, however the rest is ordered and repeated."""
    change, named = SHORTCOMINGS[data.draw(st.sampled_from([*SHORTCOMINGS]))]
    run = change(GOOD)
    there = [row for row in REPEATABLE if row in run.rows]
    numbers = data.draw(st.lists(st.sampled_from(range(len(there))), max_size=12))
    rows = shuffled([*run.rows, *(there[number] for number in numbers)], data)
    assert named in run.report(rows).missing


def test_totals_are_those_of_the_view() -> None:
    """The live view's numbers are counts of distinct things."""
    tally = Tally()
    for row in [*GOOD.rows, received(TICKETS[0]), dead("history.csv:7"), requested(TOLD[0])]:
        tally.add(row.topic, row.value)
    assert tally.counts() == {
        "received": 6,
        "items": 5,
        "classified": 5,
        "routed": 5,
        "messages": 2,
        "delivered": 2,
        "dead letters": 1,
    }


def test_lines_tell_what_people_would_want_to_see() -> None:
    """Routings that are announced, endings of messages, dead letters: each in one line."""
    tally = Tally()
    rows = [
        *(received(TICKETS[0]), classified(TICKETS[0])),
        *(routed(TICKETS[0]), routed(ANSWERS[0]), routed(TICKETS[0], revision=2)),
        *(settled(TOLD[0]), dead("history.csv:7")),
    ]
    lines = [tally.add(row.topic, row.value) for row in rows]
    assert [(line.stage, line.text) for line in lines if line] == [
        ("routed", "support:ticket:1 to ada: kind = bug"),
        ("delivered", "support:ticket:1 to #pay"),
        ("dead letter", "history.csv:7: the score is 11, the scale ends at 10"),
    ]


def test_what_cannot_be_read_is_shown_and_what_was_deleted_is_not() -> None:
    """A record that is no event stops no demo; a deletion in a compacted topic is not one."""
    tally = Tally()
    line = tally.add("feedback.item.received.v1", b"\xff\xfe")
    assert line is not None
    assert (line.stage, line.text) == ("unreadable", "a record of feedback.item.received.v1")
    assert tally.add("connector.checkpoint.saved.v1", None) is None
    assert tally.counts() == Tally().counts()


def test_a_route_without_owner_names_the_team_or_the_receiver() -> None:
    """A line always says who: a person, else a team, else the place."""
    tally = Tally()
    told = [
        tally.add(one.topic, one.value)
        for one in (
            routed(TOLD[0], owner=None),
            routed(TOLD[1], owner=None, team=None),
        )
    ]
    assert [line.text.split(":")[-2].split()[-1] for line in told if line] == ["billing", "#pay"]
