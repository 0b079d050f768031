"""What is allowed in a set of routes and still hardly meant."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from workers.config.matchers import Matcher, MatcherError, parse_matcher
from workers.config.routes import Route
from workers.config.team import Team
from workers.feedback.classification.reading.text import split_words

__all__ = ["Doubt", "lint"]


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something to look at: where, what, and what to do."""

    code: str
    where: str
    message: str
    remedy: str


def lint(route: Route, receivers: Sequence[str], team: Team) -> tuple[Doubt, ...]:
    """Everything doubtful, in the order of the files. The files themselves are sound."""
    return (
        *_contradictions(route, "route", ()),
        *_unused_receivers(route, receivers),
        *_areas(team),
    )


def _conditions(route: Route) -> tuple[Matcher, ...]:
    read: list[Matcher] = []
    for text in route.match:
        try:
            read.append(parse_matcher(text))
        except MatcherError:
            continue  # reported by the check of the files
    return tuple(read)


def _contradictions(route: Route, place: str, above: Sequence[Matcher]) -> Iterator[Doubt]:
    """Routes that nothing can enter, because two conditions exclude each other."""
    here: list[Matcher] = []
    name = route.name or place
    for matcher in _conditions(route):
        for other in (*above, *here):
            if _exclude(matcher, other):
                yield Doubt(
                    "contradiction",
                    name,
                    f"{matcher} can never hold together with {other}",
                    "remove one of them, or move the route to where it can be reached",
                )
        here.append(matcher)
    for index, child in enumerate(route.routes):
        yield from _contradictions(child, f"{place}.routes[{index}]", (*above, *here))


def _exclude(one: Matcher, other: Matcher) -> bool:
    """Whether two conditions ask one field, of a single value, for different values."""
    if one.field.name != other.field.name or one.field.name == "tags":
        return False
    positive = {"=", "in"}
    if one.operator in positive and other.operator in positive:
        return not _values(one) & _values(other)
    for wanted, refused in ((one, other), (other, one)):
        if wanted.operator in positive and refused.operator in {"!=", "not in"}:
            return _values(wanted) <= _values(refused)
    return False


def _values(matcher: Matcher) -> set[str]:
    return {value.casefold() for value in matcher.values}


def _unused_receivers(route: Route, receivers: Sequence[str]) -> Iterator[Doubt]:
    used = set(_named_receivers(route))
    for name in receivers:
        if name not in used:
            yield Doubt(
                "unused-receiver",
                f"receiver {name}",
                "no route names it, so it is never told anything",
                "name it in a route, or remove it",
            )


def _named_receivers(route: Route) -> Iterator[str]:
    if route.receiver is not None:
        yield route.receiver
    for child in route.routes:
        yield from _named_receivers(child)


def _areas(team: Team) -> Iterator[Doubt]:
    owners: dict[str, list[str]] = defaultdict(list)
    for area in team.areas:
        if not area.keywords:
            yield Doubt(
                "area-without-keywords",
                f"area {area.id}",
                "it has no keywords, so only a tag or field of a tool that names it finds it",
                "add the words customers use for it",
            )
        for keyword in dict.fromkeys(area.keywords):
            words = " ".join(word.folded for word in split_words(keyword))
            if words:
                owners[words].append(area.id)
            else:
                yield Doubt(
                    "empty-keyword",
                    f"area {area.id}",
                    f"the keyword {keyword!r} holds no word and is never found",
                    "use letters or digits",
                )
    for words, areas in owners.items():
        if len(areas) > 1:
            yield Doubt(
                "shared-keyword",
                f"areas {', '.join(areas)}",
                f"they share the keyword {words!r}; on a tie {areas[0]} wins",
                "keep it in one of them",
            )
