"""The tree of routes: who gets an item, and why the others do not."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.feedback.items import TEAM
from workers.config.routes import Route
from workers.feedback.routing import Decision, Facts, Outcome, RouteTree
from workers.feedback.routing.lint import lint


def tree(*routes: dict[str, Any], **root: Any) -> RouteTree:
    """A tree whose root goes to ``all``."""
    return RouteTree(Route.model_validate({"receiver": "all", "routes": routes, **root}), TEAM)


def decide(routes: RouteTree, **fields: Any) -> Decision:
    """Where an item with these fields goes."""
    return routes.route(facts(routes, **fields))


def facts(routes: RouteTree, **fields: Any) -> Facts:
    """Facts of an item of one part."""
    return Facts(fields, routes.ask(fields))


def receivers(decision: Decision) -> list[str]:
    """Whom a decision tells."""
    return [target.receiver for target in decision.targets]


BUGS = {"name": "bugs", "match": "kind = bug", "receiver": "engineers"}


def test_the_root_takes_what_nothing_else_takes() -> None:
    """There is always somebody, and the reason says that it is the default."""
    decision = decide(tree(BUGS), kind="praise")
    assert receivers(decision) == ["all"]
    assert decision.targets[0].route == "route"
    assert decision.targets[0].reason == "default: no other route took it"


def test_the_first_route_that_matches_takes_it() -> None:
    """Order in the file decides, and the rest is not asked."""
    second = {"match": "kind in (bug, question)", "receiver": "second"}
    assert receivers(decide(tree(BUGS, second), kind="bug")) == ["engineers"]
    assert receivers(decide(tree(BUGS, second), kind="question")) == ["second"]


def test_a_route_that_continues_lets_others_take_it_too() -> None:
    """``continue`` tells one more receiver; each receiver once."""
    first = {**BUGS, "continue": True}
    second = {"match": "kind = bug", "receiver": "second", "continue": True}
    third = {"match": "kind = bug", "receiver": "engineers"}
    assert receivers(decide(tree(first, second, third), kind="bug")) == ["engineers", "second"]
    assert receivers(decide(tree(first), kind="bug")) == ["engineers"]


def test_nested_routes_inherit_and_narrow() -> None:
    """The deepest route that matches takes it, with what it does not say from above."""
    routes = tree(
        {
            **BUGS,
            "owner": "ana",
            "team": "payments",
            "due_in": "2d",
            "routes": [
                {"name": "hot", "match": "urgency = high", "due_in": "1h"},
                {"match": "urgency = low", "receiver": "later", "owner": "bo"},
            ],
        }
    )
    hot = decide(routes, kind="bug", urgency="high")
    assert (receivers(hot), hot.owner, hot.team, hot.due_in) == (
        ["engineers"],
        "ana",
        "payments",
        timedelta(hours=1),
    )
    assert hot.targets[0].reason == "kind = bug and urgency = high"
    late = decide(routes, kind="bug", urgency="low")
    assert (receivers(late), late.owner, late.due_in) == (["later"], "bo", timedelta(days=2))
    assert late.targets[0].route == "route.routes[0].routes[1]"
    neither = decide(routes, kind="bug", urgency="normal")
    assert (receivers(neither), neither.targets[0].route) == (["engineers"], "bugs")


def test_the_area_gives_owner_and_team() -> None:
    """``owner: area`` is the area's owner; without a team it is the area's team."""
    routes = tree(owner="area")
    billing = decide(routes, area="billing")
    assert (billing.owner, billing.team) == ("ana", "payments")
    none = decide(routes, area=None)
    assert (none.owner, none.team) == (None, None)
    assert decide(tree(owner="bo"), area="billing").owner == "bo"
    assert decide(tree(team="payments"), area="app").team == "payments"


def test_the_route_that_ends_the_search_owns_the_item() -> None:
    """One that continues only wants to know: the other owns, and the shorter deadline counts."""
    routes = tree(
        {"match": "urgency = high", "receiver": "desk", "owner": "cy", "continue": True},
        {**BUGS, "owner": "ana", "due_in": "3d"},
        due_in="1d",
    )
    decision = decide(routes, kind="bug", urgency="high")
    assert (receivers(decision), decision.owner) == (["desk", "engineers"], "ana")
    assert decision.due_in == timedelta(days=1)
    assert decide(routes, kind="praise", urgency="high").owner == "cy"


def test_what_parts_said_is_asked_by_key() -> None:
    """A condition on words holds if any part met it, and its negation if none did."""
    routes = tree(
        {"match": 'text =~ "twice"', "receiver": "twice"},
        {"match": 'text !~ "thanks"', "receiver": "grumpy"},
    )
    first, second = routes.ask({"text": "charged Twice"}), routes.ask({"text": "many thanks"})
    assert receivers(routes.route(Facts({}, first | second))) == ["twice"]
    assert receivers(routes.route(Facts({}, second))) == ["all"]
    assert receivers(routes.route(Facts({}, frozenset()))) == ["grumpy"]


def test_every_route_is_explained_in_order() -> None:
    """Taken, entered, too late, failed with both sides, or not reached: nothing is left out."""
    routes = tree(
        {**BUGS, "routes": [{"name": "hot", "match": ["urgency >= high", "area = app"]}]},
        {
            "name": "money",
            "match": ["area = app", "score.normalised < 0.4"],
            "routes": [{"name": "more", "match": "kind = bug"}],
        },
        {"name": "rest"},
    )
    told = {
        one.route: one
        for one in routes.explain(facts(routes, kind="bug", urgency="high", area="app"))
    }
    assert list(told) == ["route", "bugs", "hot", "money", "more", "rest"]
    assert {name: one.outcome.value for name, one in told.items()} == {
        "route": "entered",
        "bugs": "entered",
        "hot": "taken",
        "money": "failed",
        "more": "not_reached",
        "rest": "too_late",
    }
    money = told["money"]
    assert (money.failing, money.expected, money.actual) == (
        "score.normalised < 0.4",
        "below 0.4",
        "nothing",
    )
    assert told["rest"].earlier == "bugs"


_conditions = st.lists(
    st.sampled_from(
        ["kind = bug", "kind != bug", "urgency >= high", "area = app", 'text =~ "x"', "tags = t"]
    ),
    max_size=2,
)
_routes: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.fixed_dictionaries({"match": _conditions, "continue": st.booleans()}),
    lambda below: st.fixed_dictionaries(
        {
            "match": _conditions,
            "continue": st.booleans(),
            "receiver": st.sampled_from(["a", "b", "c"]),
            "routes": st.lists(below, max_size=3),
        }
    ),
    max_leaves=8,
)
_fields = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["bug", "praise"]),
        "urgency": st.sampled_from(["low", "critical"]),
        "area": st.sampled_from([None, "app"]),
        "text": st.sampled_from(["x", "y"]),
        "tags": st.sampled_from([(), ("t",)]),
    }
)


@given(routes=st.lists(_routes, max_size=4), fields=_fields)
def test_the_explanation_is_the_evaluation(
    routes: list[dict[str, Any]], fields: dict[str, Any]
) -> None:
    """For any tree and item the routes explained as taken are those that were."""
    made = tree(*routes)
    what = facts(made, **fields)
    decision, explained = made.route(what), made.explain(what)
    taken = [one for one in explained if one.outcome is Outcome.TAKEN]
    assert list(dict.fromkeys(one.receiver for one in taken)) == receivers(decision)
    assert len(explained) == 1 + sum(map(_size, routes))
    for one in explained:
        assert (one.outcome is Outcome.FAILED) <= (one.failing in one.conditions)


def _size(route: dict[str, Any]) -> int:
    return 1 + sum(map(_size, route.get("routes", ())))


@pytest.mark.parametrize(
    ("route", "receivers", "codes"),
    [
        ({"receiver": "all"}, ["all"], []),
        ({"receiver": "all"}, ["all", "x"], ["unused-receiver"]),
        (
            {"receiver": "all", "routes": [{"match": ["kind = bug", "kind = praise"]}]},
            ["all"],
            ["contradiction"],
        ),
        (
            {
                "receiver": "all",
                "routes": [
                    {"match": "kind in (bug, other)", "routes": [{"match": "kind = praise"}]}
                ],
            },
            ["all"],
            ["contradiction"],
        ),
        (
            {"receiver": "all", "routes": [{"match": ["kind = bug", "kind != bug"]}]},
            ["all"],
            ["contradiction"],
        ),
        (
            {"receiver": "all", "routes": [{"match": ["tags = a", "tags = b", "kind != bug"]}]},
            ["all"],
            [],
        ),
    ],
)
def test_doubtful_rules_are_named(
    route: dict[str, Any], receivers: list[str], codes: list[str]
) -> None:
    """Routes nothing can enter and receivers nobody names; several tags are no contradiction."""
    doubts = lint(Route.model_validate(route), receivers, TEAM)
    assert [doubt.code for doubt in doubts] == codes


def test_doubtful_areas_are_named() -> None:
    """Areas without keywords, keywords without a word, keywords of two areas."""
    team = TEAM.model_copy(
        update={
            "areas": (
                TEAM.areas[0],
                TEAM.areas[1].model_copy(update={"keywords": ("Invoice", "---")}),
                TEAM.areas[1].model_copy(update={"id": "none", "keywords": ()}),
            )
        }
    )
    doubts = lint(Route.model_validate({"receiver": "all"}), ["all"], team)
    assert [(doubt.code, doubt.where) for doubt in doubts] == [
        ("empty-keyword", "area app"),
        ("area-without-keywords", "area none"),
        ("shared-keyword", "areas billing, app"),
    ]
