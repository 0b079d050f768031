"""Zendesk's records, as far as they are read; whatever else they hold is ignored.

Ids are numbers in the API and strings in webhooks: here they are strings. "0" and "-1" stand
for nobody and for the system.
"""

from typing import Annotated, Any

from pydantic import AfterValidator, AliasChoices, BaseModel, ConfigDict, Field

__all__ = [
    "Comment",
    "Organization",
    "Person",
    "Rating",
    "Ticket",
    "TicketEvent",
    "WebhookEvent",
]


def _somebody(value: str | None) -> str | None:
    return None if value in {None, "", "0", "-1"} else value


Id = Annotated[str, Field(min_length=1, max_length=64)]
Reference = Annotated[str | None, AfterValidator(_somebody)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)


class Via(_Record):
    """How something came in."""

    channel: str | None = None


class CustomField(_Record):
    """The value of one of the account's own ticket fields."""

    id: Id
    value: Any = None


class Ticket(_Record):
    """A ticket: in the incremental export, by id, and as ``detail`` of a webhook."""

    id: Id
    created_at: str
    updated_at: str | None = None
    generated_timestamp: int | None = None
    """Seconds; moves with every change, also of the system. Only in the export."""
    subject: str | None = None
    description: str | None = None
    """The first comment."""
    status: str | None = None
    priority: str | None = None
    type: str | None = None
    tags: tuple[str, ...] | None = None
    requester_id: Reference = None
    organization_id: Reference = None
    brand_id: Reference = None
    group_id: Reference = None
    form_id: Annotated[
        Reference, Field(validation_alias=AliasChoices("ticket_form_id", "form_id"))
    ] = None
    is_public: bool | None = None
    via: Via | None = None
    custom_fields: tuple[CustomField, ...] | None = None


class Person(_Record):
    """A user: customer or agent."""

    id: Id
    name: str | None = None
    email: str | None = None
    role: str | None = None
    """``end-user``, ``agent`` or ``admin``."""
    organization_id: Reference = None
    user_fields: dict[str, Any] | None = None

    @property
    def staff(self) -> bool:
        """Whether this is one of the company's own people."""
        return self.role in {"agent", "admin"}


class Organization(_Record):
    """A customer's company."""

    id: Id
    name: str | None = None
    organization_fields: dict[str, Any] | None = None


class Comment(_Record):
    """A comment with its words: a child of a ticket event under ``include=comment_events``."""

    id: Id
    author_id: Reference = None
    body: str | None = None
    public: bool = False
    created_at: str


class TicketEvent(_Record):
    """One update of a ticket, with everything that happened in it."""

    id: Id
    ticket_id: Id
    child_events: tuple[dict[str, Any], ...] = ()

    @property
    def creates(self) -> bool:
        """Whether this update is the ticket's creation: its comment is the description."""
        return any(child.get("event_type") == "Create" for child in self.child_events)

    @property
    def comments(self) -> tuple[dict[str, Any], ...]:
        """The children that are comments."""
        return tuple(child for child in self.child_events if child.get("event_type") == "Comment")


class Rating(_Record):
    """A satisfaction rating."""

    id: Id
    ticket_id: Id
    requester_id: Reference = None
    score: str = ""
    """``good``, ``bad``; also ``offered`` and ``unoffered``, which nobody gave."""
    comment: str | None = None
    reason: str | None = None
    created_at: str
    updated_at: str | None = None


class WebhookEvent(_Record):
    """A delivery of an event subscription."""

    type: str
    id: str
    time: str
    detail: dict[str, Any] = Field(default_factory=dict)
    event: dict[str, Any] = Field(default_factory=dict)
