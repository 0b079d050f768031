"""The whole company: a pure function of a seed and a moment."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from connectors.sandbox.company.model import Office, SurveyRow, Ticket
from connectors.sandbox.company.oddities import afflict
from connectors.sandbox.company.people import People, gather
from connectors.sandbox.company.rhythm import customer_moment, is_weekend, local, tickets_on
from connectors.sandbox.company.surveys import history
from connectors.sandbox.company.tickets import Numbering, TicketWriter
from connectors.sandbox.company.words.deck import Deck
from connectors.sandbox.company.words.phrasebook import Scenario, phrasebook
from connectors.sandbox.company.words.storyteller import Storyteller

__all__ = ["DAYS", "Company", "found"]

DAYS = 60
"""How far back the support desk's tickets reach."""
QUIET = timedelta(minutes=2)
"""Nothing is younger: the export leaves out the last minute, and all of it shall be seen."""
FIRST_TICKET = 35_012
_INCIDENT_AGE = timedelta(days=3)
_INCIDENT_TICKETS = 15
_LISTED_TWICE = 9
_GAPS = 3


@dataclass(frozen=True, slots=True)
class Company:
    """Everything the customers said up to ``now``."""

    seed: int
    now: datetime
    people: People
    tickets: tuple[Ticket, ...]
    """In the order in which they were opened."""
    repeated: frozenset[int]
    """Ids of tickets that the export lists twice."""
    gaps: frozenset[int]
    """Ids of tickets after which the export answers one empty page before it goes on."""
    incident_day: date
    history: tuple[SurveyRow, ...]
    """Lines of the history file, its heading not included."""


def found(seed: int, now: datetime) -> Company:
    """The company as it is at ``now`` (with a time zone); the same arguments, the same company."""
    now = now.astimezone(UTC).replace(microsecond=0)
    until = now - QUIET
    start = now - timedelta(days=DAYS)
    book = phrasebook()
    people = gather(seed, start, book)
    rng = random.Random(f"{seed}/tickets")  # noqa: S311 - data, not a secret
    writer = TicketWriter(people, Storyteller(book, rng), rng, numbering=Numbering(), until=until)
    decks = {
        language: Deck([s for s in book.scenarios if s.language == language], rng)
        for language in book.manners
    }
    incident_day = _incident_day(now)
    tickets: list[Ticket] = []
    number = FIRST_TICKET
    for at, office, incident in sorted(
        _openings(start, until, incident_day, rng), key=lambda each: each[0]
    ):
        customer = rng.choice(people.of(office, "en" if incident else None))
        scenario: Scenario = book.incident if incident else decks[customer.language].deal()
        tickets.append(writer.live(writer.open(number, scenario, customer, at), customer))
        number += rng.choice((1, 1, 1, 2, 3))
    tickets = list(afflict(tickets, rng))
    ordinary = [ticket.id for ticket in tickets if not ticket.oddity]
    marked = rng.sample(ordinary, k=_LISTED_TWICE + _GAPS)
    return Company(
        seed=seed,
        now=now,
        people=people,
        tickets=tuple(tickets),
        repeated=frozenset(marked[:_LISTED_TWICE]),
        gaps=frozenset(marked[_LISTED_TWICE:]),
        incident_day=incident_day,
        history=history(seed, now, people, book),
    )


def _incident_day(now: datetime) -> date:
    """The latest working day that is at least three days old."""
    day = (now - _INCIDENT_AGE).date()
    while is_weekend(day):
        day -= timedelta(days=1)
    return day


def _openings(
    start: datetime, until: datetime, incident_day: date, rng: random.Random
) -> Iterator[tuple[datetime, Office, bool]]:
    """When tickets are opened, near which office, and whether the incident is the reason."""
    for office in Office:
        day, last = local(start, office).date(), local(until, office).date()
        while day <= last:
            for _ in range(tickets_on(day, office, rng)):
                at = customer_moment(day, office, rng)
                if start <= at < until:
                    yield at, office, False
            day += timedelta(days=1)
    # 13:10 UTC is afternoon in Berlin and morning in Chicago, in summer and in winter
    broke = datetime(incident_day.year, incident_day.month, incident_day.day, 13, 10, tzinfo=UTC)
    minutes = 0.0
    for _ in range(_INCIDENT_TICKETS):
        minutes += rng.expovariate(1 / 8)
        yield (
            broke + timedelta(seconds=round(minutes * 60)),
            rng.choice((Office.BERLIN, Office.CHICAGO)),
            True,
        )
