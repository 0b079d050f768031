"""Everything that one entry says about another, across the three files."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from workers.config.crosschecks.conditions import bad_conditions
from workers.config.crosschecks.names import Names, declared, duplicates, unknown
from workers.config.crosschecks.route_tree import routes_in, unreachable
from workers.config.documents import Fields, Node, Scalar
from workers.config.explain import did_you_mean
from workers.config.findings import Code, Place, Problem

__all__ = ["OWNER_OF_AREA", "cross_check"]

OWNER_OF_AREA = "area"
"""As ``owner`` of a route: whoever owns the item's product area."""


def cross_check(
    team: Fields | None,
    routes: Fields | None,
    sources: Fields | None,
    vendors: Collection[str],
) -> Iterator[tuple[str, Problem]]:
    """Problems, each with the name of the file it stands in.

    A file that is ``None`` could not be read: what refers to it is not judged.
    """
    people = declared(team, "people", "id", "people")
    teams = declared(team, "teams", "id", "teams")
    areas = declared(team, "areas", "id", "areas")
    receivers = declared(routes, "receivers", "name", "receivers")
    names = declared(sources, "sources", "name", "sources")
    for problem in _in_team(team, people, teams, areas):
        yield "team.yaml", problem
    for problem in _in_routes(routes, people, teams, receivers):
        yield "routes.yaml", problem
    known: Mapping[str, Collection[str]] = {
        **({"area": areas.texts} if areas.complete else {}),
        **({"source": names.texts} if names.complete else {}),
        "vendor": vendors,
    }
    for problem in bad_conditions(routes, known):
        yield "routes.yaml", problem
    for problem in duplicates(names):
        yield "sources.yaml", problem
    used = (source.get("connector") for source in (sources or _NONE).blocks("sources"))
    for problem in _unknown_connectors(used, vendors):
        yield "sources.yaml", problem


def _unknown_connectors(used: Iterable[Node | None], vendors: Collection[str]) -> Iterator[Problem]:
    for node in used:
        if isinstance(node, Scalar) and node.resolved and node.text and node.text not in vendors:
            yield Problem(
                node.place,
                Code.UNKNOWN_CONNECTOR,
                f"`{node.written}` is none of the connectors",
                did_you_mean(node.text, sorted(vendors), what="connectors"),
            )


def _in_team(team: Fields | None, people: Names, teams: Names, areas: Names) -> Iterator[Problem]:
    for names in (people, teams, areas):
        yield from duplicates(names)
    for scalar in people.scalars:
        if scalar.text == OWNER_OF_AREA:
            yield Problem(
                scalar.place,
                Code.RESERVED_NAME,
                f"no person can have the id `{OWNER_OF_AREA}`: in a route it means the owner of "
                "the product area",
                "choose another id",
            )
    blocks = team or _NONE
    leads = (entry.get("lead") for entry in blocks.blocks("teams"))
    yield from unknown(leads, people, Code.UNKNOWN_PERSON)
    owners = (entry.get("owner") for entry in blocks.blocks("areas"))
    yield from unknown(owners, people, Code.UNKNOWN_PERSON)
    yield from unknown(
        (entry.get("team") for entry in blocks.blocks("areas")), teams, Code.UNKNOWN_TEAM
    )


def _in_routes(
    routes: Fields | None, people: Names, teams: Names, receivers: Names
) -> Iterator[Problem]:
    tree = list(routes_in(routes))
    yield from duplicates(receivers)
    named = [route.get("name") for route in tree]
    yield from duplicates(_all("routes", named))
    yield from unknown((route.get("receiver") for route in tree), receivers, Code.UNKNOWN_RECEIVER)
    owners = (route.get("owner") for route in tree)
    yield from unknown(owners, people, Code.UNKNOWN_PERSON, also=_MEANINGS)
    yield from unknown((route.get("team") for route in tree), teams, Code.UNKNOWN_TEAM)
    yield from unreachable(routes)


def _all(what: str, nodes: list[Node | None]) -> Names:
    return Names(what, tuple(node for node in nodes if isinstance(node, Scalar) and node.resolved))


_MEANINGS = {OWNER_OF_AREA: "the owner of the product area"}
_NONE = Fields((), Place())
