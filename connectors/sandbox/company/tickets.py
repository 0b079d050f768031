"""One ticket from a scenario: what the customer writes and what follows from it."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connectors.sandbox.company.model import Comment, Person, Rating, Ticket
from connectors.sandbox.company.people import People
from connectors.sandbox.company.rhythm import (
    customer_moment,
    is_weekend,
    local,
    working_moment_after,
)
from connectors.sandbox.company.words.phrasebook import Scenario
from connectors.sandbox.company.words.storyteller import Storyteller

__all__ = ["Numbering", "TicketWriter"]

_CHANNELS = ("web", "web", "email", "email", "email", "chat", "mobile_sdk")
_PRIORITY = {"critical": "urgent", "high": "high", "normal": "normal", "low": "low"}
_TYPE = {
    "bug": "problem",
    "feature_request": "task",
    "question": "question",
    "complaint": "problem",
    "praise": None,
    "other": None,
}
_TRIAGED = 0.8
"""Share of tickets whose priority the support team has set; the others have none."""
_SURVEYED = 0.62
"""Share of solved tickets for which a satisfaction survey is offered."""
_ANSWERED = 0.56
"""Share of the offered surveys that are answered."""
_WITH_WORDS = 0.5
"""Share of the answers that say why."""
_TOUCHED = 0.3
"""Share of tickets that the system touches later by itself: only ``generated_at`` moves."""
_NOTED = 0.25
"""Share of tickets with an internal note."""
_FOLLOWED_UP = 0.42
"""Share of tickets to which the customer adds something."""
_CLOSED_BY_AGENT = 0.85
"""Share of tickets to which the agent writes a last message."""
_DAY = range(7, 20)
"""Hours of the local day in which a customer answers at once."""
_CONTENT = {"bug": 0.78, "feature_request": 0.8, "question": 0.92, "complaint": 0.35}
"""Share of good scores among the answers, by kind; else 0.97."""


@dataclass
class Numbering:
    """Hands out ids the way the vendor does: rising, with gaps."""

    event: int = 91_048_994_000
    rating: int = 1_200

    def next_event(self) -> int:
        """Id of an audit or of one of its child events."""
        self.event += 7
        return self.event

    def next_rating(self) -> int:
        """Id of a satisfaction rating."""
        self.rating += 3
        return self.rating


class TicketWriter:
    """Writes tickets; every choice comes from ``rng``, and nothing is later than ``until``."""

    def __init__(
        self,
        people: People,
        teller: Storyteller,
        rng: random.Random,
        *,
        numbering: Numbering,
        until: datetime,
    ) -> None:
        self._people = people
        self._teller = teller
        self._rng = rng
        self._numbering = numbering
        self._until = until

    def open(self, number: int, scenario: Scenario, writer: Person, at: datetime) -> Ticket:
        """The ticket as it stands in the moment it is opened."""
        rng = self._rng
        channel = rng.choice(_CHANNELS)
        subject, text = self._teller.tell(scenario, writer, at, channel=channel)
        organisation = self._people.organisation(writer.organisation_id)
        plan = organisation.plan if organisation else "starter"
        first = self._comment(writer, text, at)
        return Ticket(
            id=number,
            subject=subject,
            description=text,
            requester_id=writer.id,
            assignee_id=rng.choice(self._people.agents).id,
            organisation_id=writer.organisation_id,
            status="new",
            priority=_PRIORITY[scenario.urgency] if rng.random() < _TRIAGED else None,
            type=_TYPE[scenario.kind] if rng.random() < _TRIAGED else None,
            channel=channel,
            tags=(*scenario.tags, plan),
            created_at=at,
            updated_at=at,
            generated_at=at,
            comments=(first,),
            language=scenario.language,
            kind=scenario.kind,
            area=scenario.area,
        )

    def live(self, ticket: Ticket, writer: Person) -> Ticket:
        """The same ticket after everything that has happened to it up to ``until``."""
        rng = self._rng
        agent = next(a for a in self._people.agents if a.id == ticket.assignee_id)
        comments = list(ticket.comments)
        for comment in self._conversation(ticket, writer, agent):
            if comment.at >= self._until:
                break
            comments.append(comment)
        last = comments[-1].at
        status = self._status(comments, writer, last)
        ticket = replace(ticket, comments=tuple(comments), status=status, updated_at=last)
        if status in {"solved", "closed"} and rng.random() < _SURVEYED:
            ticket = self._rated(ticket, writer, last)
        generated = ticket.updated_at
        if rng.random() < _TOUCHED:
            generated += timedelta(hours=rng.uniform(1, 90))
        # the vendor keeps whole seconds
        return replace(ticket, generated_at=min(generated, self._until).replace(microsecond=0))

    def _conversation(self, ticket: Ticket, writer: Person, agent: Person) -> Iterator[Comment]:
        rng = self._rng
        haste = 0.5 if ticket.priority == "urgent" else 6.0
        at = working_moment_after(ticket.created_at, rng.uniform(0.2, haste), agent.office)
        yield self._comment(agent, self._teller.answer(ticket.kind, writer, agent, at), at)
        if rng.random() < _NOTED:
            at += timedelta(minutes=rng.randrange(2, 20))
            yield self._comment(agent, self._teller.note(at), at, public=False)
        if rng.random() < _FOLLOWED_UP:
            at = self._reply_after(at, writer)
            yield self._comment(writer, self._teller.follow_up(ticket.kind, writer, at), at)
        at = working_moment_after(at, rng.uniform(1, 14), agent.office)
        if rng.random() < _CLOSED_BY_AGENT:
            yield self._comment(agent, self._teller.solved(writer, agent, at), at)

    def _reply_after(self, at: datetime, writer: Person) -> datetime:
        """When the customer answers: the same day if there is time, else on the next one."""
        rng = self._rng
        reply = at + timedelta(minutes=rng.randrange(4, 200))
        wall = local(reply, writer.office)
        if wall.hour in _DAY and wall.date() == local(at, writer.office).date():
            return reply
        day = local(at, writer.office).date() + timedelta(days=1)
        while is_weekend(day):
            day += timedelta(days=1)
        return customer_moment(day, writer.office, rng)

    def _status(self, comments: list[Comment], writer: Person, last: datetime) -> str:
        if len(comments) == 1:
            return "new"
        if comments[-1].author_id == writer.id:
            return "open"
        age = self._until - last
        if len([c for c in comments if c.author_id != writer.id and c.public]) == 1:
            return "pending" if age < timedelta(days=6) else "solved"
        return "solved" if age < timedelta(days=4) else "closed"

    def _rated(self, ticket: Ticket, writer: Person, last: datetime) -> Ticket:
        """A satisfaction survey is offered; about half of the customers answer."""
        rng = self._rng
        at = self._reply_after(last, writer)
        if at >= self._until:
            return ticket
        score = "offered"
        if rng.random() < _ANSWERED:
            score = "good" if rng.random() < _CONTENT.get(ticket.kind, 0.97) else "bad"
        words = None
        if score != "offered" and rng.random() < _WITH_WORDS:
            words = self._teller.verdict(score, writer, at)
        rating = Rating(
            id=self._numbering.next_rating(),
            ticket_id=ticket.id,
            requester_id=writer.id,
            assignee_id=ticket.assignee_id,
            score=score,
            comment=words,
            at=at.replace(microsecond=0),
        )
        return replace(ticket, rating=rating, updated_at=rating.at)

    def _comment(self, author: Person, body: str, at: datetime, *, public: bool = True) -> Comment:
        audit = self._numbering.next_event()
        return Comment(
            id=self._numbering.next_event(),
            audit_id=audit,
            author_id=author.id,
            body=body,
            public=public,
            at=at.replace(microsecond=0),
        )
