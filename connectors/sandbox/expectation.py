"""What must have arrived when everything has flowed through: told by the data, not by a worker.

Reckoned from what the invented customers said and from what connectors promise (an item for
each ticket and row, an event for each opening, later comment of a customer and given rating),
never from what was served or processed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any

from connectors.sandbox.company import Company
from connectors.sandbox.company.model import Ticket
from connectors.sandbox.company.oddities import REFUSED

__all__ = ["Expectation", "Refusal", "SourceExpectation", "expectation", "live_since"]

ANNOUNCED_AT_LEAST = 38
"""Items that a first run should tell people about, so that there is something to see."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A record that must become a dead letter."""

    record_id: str
    """As connectors name it: ``ticket/<id>``, ``<file>:<line>``."""
    why: str


@dataclass(frozen=True, slots=True)
class SourceExpectation:
    """What one source must give."""

    items: tuple[str, ...]
    """Ids of every item, oldest first: each must be classified and routed."""
    openings: int
    comments: int
    ratings: int
    refused: tuple[Refusal, ...]
    repeated: int
    """Records that the source gives twice by itself; pulls that overlap add to it."""
    announced: tuple[str, ...]
    """Ids of the items that people are told about."""
    parts: Mapping[str, tuple[str, ...]]
    """Item -> the parts of it that must arrive, each in one event, as connectors name them."""
    later: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Item -> part -> how many versions of it have come since the founding.

    Each may arrive, none must: who asks seldom sees only the newest.
    """

    @property
    def received(self) -> int:
        """Distinct events of a complete pull of the founding data."""
        return self.openings + self.comments + self.ratings


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must have arrived."""

    seed: int
    founded: str
    live_since: str
    sources: dict[str, SourceExpectation]

    def as_dict(self) -> dict[str, Any]:
        """JSON-able values, with the totals spelt out."""
        values = asdict(self)
        for name, source in self.sources.items():
            values["sources"][name] |= {"received": source.received, "count": len(source.items)}
        sources = self.sources.values()
        values["total"] = {
            "items": sum(len(each.items) for each in sources),
            "received": sum(each.received for each in sources),
            "dead_letters": sum(len(each.refused) for each in sources),
            "repeated": sum(each.repeated for each in sources),
            "announced": sum(len(each.announced) for each in sources),
        }
        return values


def live_since(company: Company) -> datetime:
    """The latest midnight (UTC) since which enough has happened to be worth announcing."""
    moments = [t.created_at for t in company.tickets if t.oddity not in REFUSED]
    moments += [row.at for row in company.history if row.at and not row.fault and not row.repeat]
    midnight = datetime.combine(company.now.date(), time(), UTC)
    while sum(moment >= midnight for moment in moments) < ANNOUNCED_AT_LEAST:
        midnight -= timedelta(days=1)
    return midnight


def expectation(
    company: Company,
    *,
    arrived: Iterable[tuple[Ticket, int]] = (),
    support: str = "support",
    history: str = "history",
    history_file: str = "nps.csv",
) -> Expectation:
    """What the sources named ``support`` and ``history`` must give.

    ``arrived`` are the tickets that are new or changed since the founding, as they are now, and
    how often each was.
    """
    since = live_since(company)
    return Expectation(
        seed=company.seed,
        founded=company.now.isoformat(),
        live_since=since.isoformat(),
        sources={
            support: _support(company, support, since, arrived),
            history: _history(company, history, history_file, since),
        },
    )


def _support(
    company: Company, name: str, since: datetime, arrived: Iterable[tuple[Ticket, int]]
) -> SourceExpectation:
    ordered = sorted(company.tickets, key=lambda ticket: (ticket.created_at, ticket.id))
    good = [ticket for ticket in ordered if ticket.oddity not in REFUSED]
    parts = {_item(name, ticket): _parts(ticket) for ticket in good}
    return SourceExpectation(
        items=tuple(_item(name, ticket) for ticket in good),
        openings=len(good),
        comments=sum(len(_later_words(ticket)) for ticket in good),
        ratings=sum(len(_given(ticket)) for ticket in good),
        refused=tuple(
            Refusal(f"ticket/{ticket.id}", REFUSED[ticket.oddity])
            for ticket in ordered
            if ticket.oddity in REFUSED
        ),
        repeated=len(company.repeated),
        announced=tuple(_item(name, t) for t in good if t.created_at >= since),
        parts=parts,
        later={
            _item(name, ticket): _versions(ticket, times, parts.get(_item(name, ticket), ()))
            for ticket, times in arrived
        },
    )


def _item(name: str, ticket: Ticket) -> str:
    return f"{name}:ticket:{ticket.id}"


def _parts(ticket: Ticket) -> tuple[str, ...]:
    return ("opening", *_later_words(ticket), *_given(ticket))


def _versions(ticket: Ticket, times: int, founding: tuple[str, ...]) -> Mapping[str, int]:
    """Every change shows the opening anew; words and ratings are said once, then or before."""
    return {part: 1 for part in _parts(ticket) if part not in founding} | {"opening": times}


def _later_words(ticket: Ticket) -> tuple[str, ...]:
    """Comments of the customer after the first, which is the ticket's description."""
    return tuple(
        f"comment:{each.id}"
        for each in ticket.comments[1:]
        if each.public and each.author_id == ticket.requester_id
    )


def _given(ticket: Ticket) -> tuple[str, ...]:
    """The rating, if it is more than asked for."""
    rating = ticket.rating
    return (f"rating:{rating.id}",) if rating and rating.score in {"good", "bad"} else ()


def _history(company: Company, name: str, file: str, since: datetime) -> SourceExpectation:
    good = [row for row in company.history if not row.fault and not row.repeat]
    return SourceExpectation(
        items=tuple(f"{name}:row:{row.cells[0]}" for row in good),
        openings=len(good),
        comments=0,
        ratings=0,
        refused=tuple(
            Refusal(f"{file}:{row.line}", row.fault) for row in company.history if row.fault
        ),
        repeated=sum(1 for row in company.history if row.repeat),
        announced=tuple(f"{name}:row:{row.cells[0]}" for row in good if row.at and row.at >= since),
        parts={f"{name}:row:{row.cells[0]}": ("opening",) for row in good},
    )
