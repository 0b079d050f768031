"""Tickets, people and organisations by id, up to a hundred in a call.

Why not ``include=users`` on the export: the stream of ticket events takes no such sideload
and the ratings have none, so a lookup is needed anyway, and with one way for all three streams
a person looks the same in each. ``show_many`` counts against the account's limit (hundreds a
minute), not against the ten calls a minute of the exports.
"""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from connectors.base.errors import DataError
from connectors.base.http import HttpClient
from connectors.base.payload import read_record, records
from connectors.support.zendesk.mapping import Known
from connectors.support.zendesk.records import Organization, Person, Ticket

__all__ = ["Lookups"]

_AT_ONCE = 100
"""Ids a ``show_many`` call takes."""
_KEPT = 20_000
"""People remembered within one pull."""

T = TypeVar("T", Ticket, Person, Organization)


class Lookups:
    """Asks, and remembers the answers for the length of one pull."""

    def __init__(self, client: HttpClient) -> None:
        self._client = client
        self._people: dict[str, Person] = {}
        self._organizations: dict[str, Organization] = {}
        self._asked: set[str] = set()

    async def tickets(self, ids: Iterable[str]) -> dict[str, Ticket | DataError]:
        """These tickets in their present state, or why one cannot be read; deleted are missing."""
        return await self._ask(Ticket, "tickets", sorted(set(ids)))

    async def known(self, people: Iterable[str | None], tickets: Iterable[Ticket]) -> Known:
        """The people, the tickets' requesters, and the organisations of all of them."""
        if len(self._asked) > _KEPT:
            self._people, self._organizations, self._asked = {}, {}, set()
        tickets = list(tickets)
        wanted = {each for each in people if each} | {
            ticket.requester_id for ticket in tickets if ticket.requester_id
        }
        self._people |= _readable(await self._ask(Person, "users", self._new("user", wanted)))
        companies = {ticket.organization_id for ticket in tickets} | {
            self._people[each].organization_id for each in wanted if each in self._people
        }
        asked = self._new("organization", {each for each in companies if each})
        self._organizations |= _readable(await self._ask(Organization, "organizations", asked))
        return Known(self._people, self._organizations)

    def _new(self, kind: str, ids: Iterable[str]) -> list[str]:
        """Those not asked for yet; somebody who is not there is not asked for twice."""
        new = sorted(each for each in ids if f"{kind}:{each}" not in self._asked)
        self._asked.update(f"{kind}:{each}" for each in new)
        return new

    async def _ask(self, model: type[T], name: str, ids: list[str]) -> dict[str, T | DataError]:
        found: dict[str, T | DataError] = {}
        for start in range(0, len(ids), _AT_ONCE):
            answer = await self._client.get(
                f"/api/v2/{name}/show_many.json",
                {"ids": ",".join(ids[start : start + _AT_ONCE])},
                limits=("account",),
            )
            for raw in records(answer.body, name):
                try:
                    record = read_record(model, raw, name)
                except DataError as error:
                    if error.record_id is not None:
                        found[error.record_id] = error
                else:
                    found[record.id] = record
        return found


def _readable(found: Mapping[str, T | DataError]) -> dict[str, T]:
    """Without those that cannot be read: what refers to them keeps their id."""
    return {key: each for key, each in found.items() if not isinstance(each, DataError)}
