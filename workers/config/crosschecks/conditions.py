"""Conditions of routes, read by the same parser that routing uses."""

from collections.abc import Collection, Iterator, Mapping

from workers.config.crosschecks.route_tree import routes_in
from workers.config.documents import Fields, Scalar
from workers.config.findings import Code, Place, Problem
from workers.config.matchers import MatcherError, parse_matcher

__all__ = ["bad_conditions"]


def bad_conditions(root: Fields | None, known: Mapping[str, Collection[str]]) -> Iterator[Problem]:
    """Conditions that cannot be read, or that name a value which does not exist.

    ``known`` holds the values that other files declare, by field.
    """
    for route in routes_in(root):
        cut = False
        for condition in route.texts("match"):
            if not condition.resolved or not condition.text:
                continue
            if cut:  # the rest of a list that was cut: reported where it begins
                cut = ")" not in condition.text
                continue
            if _is_cut(condition, route):
                cut = True
                yield Problem(
                    condition.place,
                    Code.BAD_CONDITION,
                    "this condition is cut at its first comma: inside [ ] a comma ends an entry",
                    "put the whole condition in quotes",
                )
                continue
            try:
                parse_matcher(condition.text, known)
            except MatcherError as error:
                yield Problem(
                    _place(condition, error.column),
                    Code.BAD_CONDITION,
                    error.message,
                    error.remedy,
                )


def _is_cut(condition: Scalar, route: Fields) -> bool:
    """Whether ``match: [area in (a, b)]`` lost its second half to the next entry."""
    is_open = condition.plain and condition.text.count("(") > condition.text.count(")")
    return is_open and condition is not list(route.texts("match"))[-1]


def _place(condition: Scalar, column: int) -> Place:
    """The column within the line, where the text stands there as it is."""
    place = condition.place
    quotes = place.width - len(condition.written)
    if condition.text != condition.written or quotes not in {0, 2}:
        return place
    offset = min(column - 1, max(0, len(condition.written) - 1))
    start = place.column + quotes // 2 + offset
    rest = condition.written[offset:].split(" ", 1)[0]
    return Place(place.line, start, max(1, len(rest)))
