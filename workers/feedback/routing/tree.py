"""The tree of routes: evaluation as Alertmanager does it.

An item enters at the root and goes down. Of the routes beneath one, the first whose
conditions all hold takes the item, and those after it are tried only if that route says
``continue``. Where none beneath takes it, the route itself does. The root has no conditions,
so there is always somebody: the default.

Each receiver of the routes taken is told once. Owner and team are those of the route that
ended the search, because a route that says ``continue`` only wants to know as well; the
deadline is the shortest of all.
Source: Alertmanager, ``dispatch/route.go``.
"""

from schemas.feedback import Target
from workers.config.matchers import Fields, Matcher
from workers.config.routes import Route
from workers.config.team import Team
from workers.feedback.routing.decision import Decision
from workers.feedback.routing.explain import Explained, explain
from workers.feedback.routing.facts import Facts
from workers.feedback.routing.node import Node, build

__all__ = ["RouteTree"]

_AREA = "area"
_MAX_REASON = 512


class RouteTree:
    """The tree below a root route, over the people of ``team.yaml``. Immutable once made.

    Raises ``MatcherError`` for a condition that cannot work; a configuration that has been
    loaded has none.
    """

    def __init__(self, route: Route, team: Team) -> None:
        self.root = build(route)
        self._team = team
        about_parts: dict[str, Matcher] = {}
        for node in self.root.walk():
            about_parts.update({m.key: m for m in node.matchers if m.of_part})
        self._about_parts = tuple(about_parts.values())

    def ask(self, part: Fields) -> frozenset[str]:
        """Keys of the conditions about parts that find something in this part."""
        return frozenset(matcher.key for matcher in self._about_parts if matcher.found(part))

    def route(self, facts: Facts) -> Decision:
        """Where an item goes."""
        taken = _taken(self.root, facts)
        targets: dict[str, Target] = {}
        for node, _ in taken:
            target = Target(
                receiver=node.receiver, route=node.name[:256], reason=node.reason[:_MAX_REASON]
            )
            targets.setdefault(node.receiver, target)
        # a route that says ``continue`` is told as well; the one that ends the search owns
        home = next((node for node, goes_on in taken if not goes_on), taken[0][0])
        area = facts.fields.get(_AREA)
        known = self._team.area(area) if isinstance(area, str) else None
        owner = home.owner
        if owner == _AREA:
            owner = known.owner if known else None
        return Decision(
            targets=tuple(targets.values()),
            team=home.team or (known.team if known else None),
            owner=owner,
            due_in=min((n.due_in for n, _ in taken if n.due_in is not None), default=None),
        )

    def explain(self, facts: Facts) -> tuple[Explained, ...]:
        """Every route in the order of the file: taken, or why not."""
        taken = frozenset(node.place for node, _ in _taken(self.root, facts))
        return explain(self.root, facts, taken)


def _taken(node: Node, facts: Facts, *, goes_on: bool = False) -> list[tuple[Node, bool]]:
    """The routes that take an item which has reached ``node``, never none.

    With each whether it, or a route above it, goes on with the routes that follow.
    """
    taken: list[tuple[Node, bool]] = []
    for child in node.routes:
        if child.holds(facts):
            taken.extend(_taken(child, facts, goes_on=goes_on or child.goes_on))
            if not child.goes_on:
                break
    return taken or [(node, goes_on)]
