"""The support desk as it stands at a moment: founding data and what has arrived since."""

from bisect import insort
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.sandbox.company.build import Company
from connectors.sandbox.company.live import Session, arrivals
from connectors.sandbox.company.model import Comment, Rating, Ticket
from connectors.sandbox.zendesk.memory import Memory

__all__ = ["Audit", "Desk"]


@dataclass(frozen=True, slots=True)
class Audit:
    """One update of a ticket: a ticket event."""

    id: int
    at: datetime
    ticket: Ticket
    comment: Comment

    @property
    def opening(self) -> bool:
        """Whether it is the update that created the ticket."""
        return (
            self.comment is self.ticket.comments[0] or self.id == self.ticket.comments[0].audit_id
        )


class Desk:
    """Every ticket by id, brought up to a moment by ``advance``."""

    def __init__(
        self,
        company: Company,
        memory: Memory,
        *,
        live_every: timedelta | None,
        paused: bool = False,
        clock: Callable[[], datetime],
    ) -> None:
        """``paused``: nothing new arrives; earlier sessions are told again all the same."""
        self.company = company
        self._memory = memory
        self._tickets = {ticket.id: ticket for ticket in company.tickets}
        self._arrived: Counter[int] = Counter()
        self._pending: Iterator[Ticket] = iter(())
        self._next: Ticket | None = None
        for session in memory.past:
            if live_every is not None:
                self._replay(session, live_every)
        if live_every is not None and not paused:
            session = memory.begin(clock())
            self._pending = arrivals(company, session, live_every, self._tickets)
            self._next = next(self._pending, None)

    def _replay(self, session: Session, every: timedelta) -> None:
        if session.until is None:
            return
        for ticket in arrivals(self.company, session, every, dict(self._tickets)):
            if ticket.generated_at > session.until:
                break
            self._arrive(ticket)

    def advance(self, until: datetime) -> None:
        """Let everything arrive that is due; it is remembered before anybody sees it."""
        due: list[Ticket] = []
        while self._next is not None and self._next.generated_at <= until:
            due.append(self._next)
            self._next = next(self._pending, None)
        if due:
            self._memory.shown(due[-1].generated_at)
            for ticket in due:
                self._arrive(ticket)

    def _arrive(self, ticket: Ticket) -> None:
        self._tickets[ticket.id] = ticket
        self._arrived[ticket.id] += 1

    @property
    def arrived(self) -> Sequence[tuple[Ticket, int]]:
        """Tickets that are new or changed since the founding, and how often each was."""
        return [(self._tickets[id_], times) for id_, times in sorted(self._arrived.items())]

    @property
    def tickets(self) -> Sequence[Ticket]:
        """Every ticket, least recently generated first: the order of the export."""
        return sorted(self._tickets.values(), key=lambda t: (t.generated_at, t.id))

    def ticket(self, ticket_id: int) -> Ticket | None:
        """One ticket."""
        return self._tickets.get(ticket_id)

    @property
    def audits(self) -> Sequence[Audit]:
        """Every ticket event, oldest first."""
        found: list[Audit] = []
        for ticket in self._tickets.values():
            for comment in ticket.comments:
                insort(
                    found,
                    Audit(comment.audit_id, comment.at, ticket, comment),
                    key=lambda audit: (audit.at, audit.id),
                )
        return found

    @property
    def ratings(self) -> Sequence[Rating]:
        """Every satisfaction rating, offered ones included, oldest first."""
        ratings = [ticket.rating for ticket in self._tickets.values() if ticket.rating]
        return sorted(ratings, key=lambda rating: (rating.at, rating.id))
