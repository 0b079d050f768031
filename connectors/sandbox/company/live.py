"""What goes on arriving: new tickets, replies and ratings, as a pure function of seed and session.

A session is one stretch of time for which a simulator runs. What arrives in it follows from
the seed, the number of the session and its beginning alone, so that a restarted simulator
tells the same story about the past.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connectors.sandbox.company.build import Company
from connectors.sandbox.company.model import Comment, Rating, Ticket
from connectors.sandbox.company.tickets import Numbering, TicketWriter
from connectors.sandbox.company.words.deck import Deck
from connectors.sandbox.company.words.phrasebook import phrasebook
from connectors.sandbox.company.words.storyteller import Storyteller

__all__ = ["Session", "arrivals"]

LEAD = timedelta(minutes=1)
"""A session's arrivals begin this much before it, as if somebody had written just now."""
MOST = 999
"""Arrivals a session, after which it falls silent."""
_TIRES_AFTER = 40
"""The pace halves with each of so many arrivals: a demo left alone does not flood anybody."""
_FIRST_LIVE_TICKET = 41_000
_NEW, _REPLY, _RATING, _SYSTEM = "new", "reply", "rating", "system"
_KINDS = (_NEW, _REPLY, _RATING, _SYSTEM)
_WEIGHTS = (70, 15, 10, 5)


@dataclass(frozen=True, slots=True)
class Session:
    """One stretch of running."""

    number: int
    start: datetime
    until: datetime | None = None
    """Time of its last arrival that anybody was shown; ``None``: nobody was shown any."""


def _moments(session: Session, every: timedelta, rng: random.Random) -> Iterator[datetime]:
    at = session.start - LEAD
    for index in range(MOST):
        at += every * (1 + index / _TIRES_AFTER) * rng.uniform(0.5, 1.5)
        yield at


def arrivals(
    company: Company, session: Session, every: timedelta, before: dict[int, Ticket]
) -> Iterator[Ticket]:
    """New tickets and new versions of old ones, oldest first; ``generated_at`` dates them.

    ``before`` are the tickets as the session found them, by id; it is not changed.
    """
    rng = random.Random(f"{company.seed}/live/{session.number}")  # noqa: S311 - data, no secret
    book = phrasebook()
    teller = Storyteller(book, rng)
    numbering = Numbering(
        event=95_000_000_000 + session.number * 100_000, rating=100_000 + session.number * 10_000
    )
    writer = TicketWriter(company.people, teller, rng, numbering=numbering, until=session.start)
    decks = {
        language: Deck([s for s in book.scenarios if s.language == language], rng)
        for language in book.manners
    }
    tickets = {id_: ticket for id_, ticket in before.items() if not ticket.oddity}
    people = {person.id: person for person in company.people.customers}
    for index, moment in enumerate(_moments(session, every, rng)):
        at = moment.replace(microsecond=0)
        kind = rng.choices(_KINDS, _WEIGHTS)[0]
        recent = sorted(tickets)[-60:]
        old = tickets[rng.choice(recent)]
        if kind == _RATING and old.rating is not None:
            kind = _NEW
        if kind == _NEW:
            customer = rng.choice(company.people.customers)
            number = _FIRST_LIVE_TICKET + session.number * 1_000 + index
            ticket = writer.open(number, decks[customer.language].deal(), customer, at)
        elif kind == _REPLY:
            ticket = _reply(
                old, teller.follow_up(old.kind, people[old.requester_id], at), numbering, at
            )
        elif kind == _RATING:
            words = teller.verdict("good", people[old.requester_id], at)
            ticket = _rated(old, words, numbering, at)
        else:
            # a system update: the export shows the ticket again, nothing else about it moves
            ticket = replace(old, generated_at=at)
        tickets[ticket.id] = ticket
        yield ticket


def _reply(ticket: Ticket, body: str, numbering: Numbering, at: datetime) -> Ticket:
    audit = numbering.next_event()
    reply = Comment(
        id=numbering.next_event(),
        audit_id=audit,
        author_id=ticket.requester_id,
        body=body,
        public=True,
        at=at,
    )
    return replace(
        ticket,
        comments=(*ticket.comments, reply),
        status="open",
        updated_at=at,
        generated_at=at,
    )


def _rated(ticket: Ticket, words: str, numbering: Numbering, at: datetime) -> Ticket:
    rating = Rating(
        id=numbering.next_rating(),
        ticket_id=ticket.id,
        requester_id=ticket.requester_id,
        assignee_id=ticket.assignee_id,
        score="good",
        comment=words,
        at=at,
    )
    return replace(ticket, rating=rating, updated_at=at, generated_at=at)
