"""What exists at the invented company: people, organisations, tickets and answers to surveys."""

import csv
import io
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

__all__ = ["Comment", "Office", "Organisation", "Person", "Rating", "SurveyRow", "Ticket"]


class Office(StrEnum):
    """One of the two places whose working hours shape the data, named by its time zone."""

    BERLIN = "Europe/Berlin"
    CHICAGO = "America/Chicago"


@dataclass(frozen=True, slots=True)
class Organisation:
    """A customer of the company."""

    id: int
    name: str
    domain: str
    office: Office
    """The office whose day its people share."""
    language: str
    plan: str
    """``starter``, ``team`` or ``enterprise``."""
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account in the support desk."""

    id: int
    name: str
    email: str | None
    role: str
    """``end-user``, ``agent`` or ``admin``, as Zendesk names them."""
    office: Office
    language: str
    organisation_id: int | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Comment:
    """One message in a ticket; the first is the ticket's description."""

    id: int
    audit_id: int
    author_id: int
    body: str
    public: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Rating:
    """A customer's verdict on how a ticket was handled."""

    id: int
    ticket_id: int
    requester_id: int
    assignee_id: int
    score: str
    """``good`` or ``bad``, or ``offered`` when nobody has answered."""
    comment: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket with everything that has happened to it so far."""

    id: int
    subject: str
    description: str
    requester_id: int
    assignee_id: int
    organisation_id: int | None
    status: str
    priority: str | None
    type: str | None
    channel: str
    tags: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    """The last change that made a ticket event."""
    generated_at: datetime
    """The last change of any kind, the system's own included: what the export goes by."""
    comments: tuple[Comment, ...]
    rating: Rating | None = None
    language: str = "en"
    kind: str = "other"
    """What the writer meant; never served, for judging a classifier."""
    area: str | None = None
    """Product area the writer meant; never served."""
    oddity: str = ""
    """Which bad input this ticket stands for; empty for an ordinary one."""
    overrides: dict[str, object] = field(default_factory=dict)
    """Fields of the served record that lie, by name."""


@dataclass(frozen=True, slots=True)
class SurveyRow:
    """One row of the history file, as text: a survey tool's export is all text."""

    cells: tuple[str, ...]
    line: int = 1
    """Number of its first line in the file."""
    at: datetime | None = None
    """When it was answered."""
    fault: str = ""
    """Why it must be refused; empty for a row that must be loaded."""
    repeat: bool = False
    """Whether the same row stands in the file before."""
    encoding: str = "utf-8"

    @property
    def text(self) -> str:
        """The row as CSV; it may take several lines."""
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerow(self.cells)
        return out.getvalue()
