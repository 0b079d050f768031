"""Why each route did or did not take an item.

Asks the same questions in the same way as the evaluation (``Facts``, ``Node``) and is given
the routes that were taken, so that it cannot tell another story.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

from workers.feedback.routing.facts import Facts
from workers.feedback.routing.node import Node

__all__ = ["Explained", "Outcome", "explain"]


class Outcome(StrEnum):
    """How a route stands to an item."""

    TAKEN = "taken"
    """The item goes to its receiver."""
    ENTERED = "entered"
    """Its conditions hold, and a route beneath it took the item."""
    TOO_LATE = "too_late"
    """Its conditions hold, but a route before it took the item and does not continue."""
    FAILED = "failed"
    """A condition does not hold."""
    NOT_REACHED = "not_reached"
    """The route above it was not entered."""


@dataclass(frozen=True, slots=True)
class Explained:
    """One route: what became of it, and the first condition that failed."""

    route: str
    place: str
    depth: int
    receiver: str
    outcome: Outcome
    conditions: tuple[str, ...]
    failing: str | None = None
    """The first condition that does not hold."""
    expected: str | None = None
    actual: str | None = None
    earlier: str | None = None
    """The route that took the item before this one could."""


def explain(root: Node, facts: Facts, taken: Collection[str]) -> tuple[Explained, ...]:
    """Every route in the order of the file. ``taken`` are the places of the routes taken."""
    return tuple(_explain(root, facts, taken, 0, reached=True, earlier=None))


def _explain(
    node: Node,
    facts: Facts,
    taken: Collection[str],
    depth: int,
    *,
    reached: bool,
    earlier: str | None,
) -> Iterator[Explained]:
    failing = node.first_failing(facts)
    entered = reached and earlier is None and failing is None
    if not reached:
        outcome = Outcome.NOT_REACHED
    elif failing is not None:
        outcome = Outcome.FAILED
    elif earlier is not None:
        outcome = Outcome.TOO_LATE
    else:
        outcome = Outcome.TAKEN if node.place in taken else Outcome.ENTERED
    matcher, verdict = failing or (None, None)
    yield Explained(
        route=node.name,
        place=node.place,
        depth=depth,
        receiver=node.receiver,
        outcome=outcome,
        conditions=tuple(str(condition) for condition in node.matchers),
        failing=str(matcher) if matcher else None,
        expected=verdict.expected if verdict else None,
        actual=verdict.actual if verdict else None,
        earlier=earlier if outcome is Outcome.TOO_LATE else None,
    )
    stopped: str | None = None
    for child in node.routes:
        yield from _explain(child, facts, taken, depth + 1, reached=entered, earlier=stopped)
        if stopped is None and entered and child.holds(facts) and not child.goes_on:
            stopped = child.name
