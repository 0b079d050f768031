"""One route with what it inherits, its conditions read."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from workers.config.matchers import Matcher, Verdict, parse_matcher
from workers.config.routes import Route
from workers.feedback.routing.facts import Facts

__all__ = ["Node", "build"]


@dataclass(frozen=True, slots=True)
class Node:
    """A route as it is evaluated."""

    name: str
    """Its name in the file, or else its place: ``route.routes[0]``."""
    place: str
    matchers: tuple[Matcher, ...]
    above: tuple[Matcher, ...]
    """The conditions of the routes above it, outermost first."""
    receiver: str
    owner: str | None
    team: str | None
    due_in: timedelta | None
    goes_on: bool
    """Whether the routes after it are tried as well."""
    routes: tuple["Node", ...]

    def holds(self, facts: Facts) -> bool:
        """Whether all of its own conditions hold."""
        return all(facts.holds(matcher) for matcher in self.matchers)

    def first_failing(self, facts: Facts) -> tuple[Matcher, Verdict] | None:
        """The first of its conditions that does not hold, with both sides in words."""
        for matcher in self.matchers:
            if not facts.holds(matcher):
                return matcher, facts.judge(matcher)
        return None

    @property
    def reason(self) -> str:
        """The conditions that held, in words."""
        conditions = [str(matcher) for matcher in (*self.above, *self.matchers)]
        return " and ".join(conditions) if conditions else "default: no other route took it"

    def walk(self) -> Iterator["Node"]:
        """This route and those beneath, in the order of the file."""
        yield self
        for node in self.routes:
            yield from node.walk()


def build(route: Route, place: str = "route", parent: Node | None = None) -> Node:
    """The route and those beneath it, each with what it inherits.

    Raises ``MatcherError`` for a condition that cannot work, ``ValueError`` for a root
    without a receiver.
    """
    receiver = route.receiver or (parent.receiver if parent else None)
    if receiver is None:
        msg = f"{place} names no receiver and has none to inherit"
        raise ValueError(msg)
    node = Node(
        name=route.name or place,
        place=place,
        matchers=tuple(parse_matcher(text) for text in route.match),
        above=(*parent.above, *parent.matchers) if parent else (),
        receiver=receiver,
        owner=route.owner or (parent.owner if parent else None),
        team=route.team or (parent.team if parent else None),
        due_in=route.due_in if route.due_in is not None else (parent.due_in if parent else None),
        goes_on=route.continue_,
        routes=(),
    )
    return Node(
        **{name: getattr(node, name) for name in Node.__slots__ if name != "routes"},
        routes=tuple(
            build(child, f"{place}.routes[{index}]", node)
            for index, child in enumerate(route.routes)
        ),
    )
