"""The tree of routes as nodes: every route, its siblings, and those that nothing reaches."""

from collections.abc import Iterator

from workers.config.documents import Fields, Scalar
from workers.config.findings import Code, Problem

__all__ = ["routes_in", "unreachable"]

_TRUE = frozenset({"true", "yes", "on", "y", "t", "1"})


def routes_in(root: Fields | None) -> Iterator[Fields]:
    """Every route of ``routes.yaml``, parents first."""
    top = root.get("route") if root is not None else None
    if isinstance(top, Fields):
        yield from _with_descendants(top)


def _with_descendants(route: Fields) -> Iterator[Fields]:
    yield route
    for child in route.blocks("routes"):
        yield from _with_descendants(child)


def unreachable(root: Fields | None) -> Iterator[Problem]:
    """Routes that come after a sibling which takes all that they could take.

    A sibling takes it all when it does not say ``continue`` and each of its conditions is also
    one of theirs; a sibling without conditions takes everything.
    """
    for parent in routes_in(root):
        takers: list[tuple[Fields, frozenset[str]]] = []
        for route in parent.blocks("routes"):
            conditions = _conditions(route)
            if conditions is None:
                continue
            for taker, fewer in takers:
                if fewer <= conditions:
                    yield _problem(route, taker, everything=not fewer)
                    break
            if not _continues(route):
                takers.append((route, conditions))


def _problem(route: Fields, taker: Fields, *, everything: bool) -> Problem:
    line = taker.place.line
    what = "everything" if everything else "all that could come here"
    return Problem(
        route.place,
        Code.UNREACHABLE_ROUTE,
        f"nothing reaches this route: the one on line {line} takes {what}",
        f"move this route above line {line}, or add `continue: true` there",
    )


def _conditions(route: Fields) -> frozenset[str] | None:
    """The route's conditions; ``None`` where they cannot be compared."""
    texts = list(route.texts("match"))
    if any(not text.resolved for text in texts):
        return None
    if not texts and _may_have_conditions(route):
        return None
    return frozenset(" ".join(text.text.split()) for text in texts)


def _may_have_conditions(route: Fields) -> bool:
    """Whether a route without ``match`` has a field that may be meant as one, or a wrong one."""
    known = {"name", "receiver", "continue", "owner", "team", "due_in", "routes"}
    return any(entry.key.text not in known for entry in route.entries)


def _continues(route: Fields) -> bool:
    node = route.get("continue")
    return isinstance(node, Scalar) and (not node.resolved or node.text.lower() in _TRUE)
