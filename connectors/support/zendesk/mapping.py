"""From Zendesk's records to events: pure functions, each raising ``DataError``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from connectors.base.checkpoints import epoch, from_epoch
from connectors.base.errors import DataError
from connectors.base.identity import event_id, item_id, received
from connectors.base.moments import not_ahead, parse_moment
from connectors.base.text import Cleaned, clean_line, clean_tags, clean_text
from connectors.support.zendesk.records import Comment, Organization, Person, Rating, Ticket
from connectors.support.zendesk.settings import Settings
from schemas.envelope import Event
from schemas.feedback import Channel, Customer, FeedbackReceived, Part, Score

__all__ = ["Known", "Mapper"]

VENDOR = "zendesk"
_CSAT = {"good": 1.0, "bad": 0.0}


@dataclass(frozen=True, slots=True)
class Known:
    """People and organisations of the records at hand, by id."""

    people: Mapping[str, Person] = field(default_factory=dict)
    organizations: Mapping[str, Organization] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mapper:
    """Maps the records of one source."""

    source_name: str
    settings: Settings

    def wanted(self, ticket: Ticket) -> bool:
        """Whether the settings ask for this ticket. A deleted one has no words any more."""
        tags = set(ticket.tags or ())
        return (
            (ticket.status or "").lower() != "deleted"
            and (not self.settings.brands or ticket.brand_id in self.settings.brands)
            and (not self.settings.tags or bool(tags & set(self.settings.tags)))
            and not tags & set(self.settings.without_tags)
        )

    def opening(self, ticket: Ticket, known: Known, now: datetime) -> Event[FeedbackReceived]:
        """The ticket itself, in its present version."""
        changed, version = _version(ticket, now)
        return self._event(
            event_id("ticket", ticket.id, version),
            ticket,
            known,
            now,
            part=Part.OPENING,
            part_id="opening",
            text=clean_text(ticket.description),
            person_id=ticket.requester_id,
            updated_at=changed,
        )

    def comment(
        self, comment: Comment, ticket: Ticket, known: Known, now: datetime
    ) -> Event[FeedbackReceived] | None:
        """A customer's comment; ``None`` for one that is no feedback.

        That is: a private note, a comment of the company's own people, and the opening
        comment, which the ticket's description already says.
        """
        author = known.people.get(comment.author_id or "")
        if not comment.public or comment.author_id is None or (author and author.staff):
            return None
        if self._opens(comment, ticket):
            return None
        said = not_ahead(parse_moment(comment.created_at, "created_at"), "created_at", now)
        return self._event(
            event_id("comment", ticket.id, comment.id),
            ticket,
            known,
            now,
            part=Part.COMMENT,
            part_id=f"comment:{comment.id}",
            text=clean_text(comment.body),
            person_id=comment.author_id,
            updated_at=said,
        )

    def rating(
        self, rating: Rating, ticket: Ticket, known: Known, now: datetime
    ) -> Event[FeedbackReceived] | None:
        """A rating with its words; ``None`` for one that was only asked for."""
        given = _CSAT.get(rating.score.split("_", 1)[0].split(" ", 1)[0].lower())
        if given is None:
            return None
        moment = parse_moment(rating.updated_at or rating.created_at, "updated_at")
        return self._event(
            event_id("rating", rating.id, epoch(moment)),
            ticket,
            known,
            now,
            part=Part.RATING,
            part_id=f"rating:{rating.id}",
            text=clean_text(rating.comment),
            person_id=rating.requester_id or ticket.requester_id,
            updated_at=not_ahead(moment, "updated_at", now),
            score=Score.of(given, 0.0, 1.0, "csat_good_bad"),
            more={"csat_reason": rating.reason},
        )

    def _event(
        self,
        identifier: str,
        ticket: Ticket,
        known: Known,
        now: datetime,
        *,
        part: Part,
        part_id: str,
        text: Cleaned,
        person_id: str | None,
        updated_at: datetime,
        score: Score | None = None,
        more: Mapping[str, str | None] | None = None,
    ) -> Event[FeedbackReceived]:
        created = not_ahead(parse_moment(ticket.created_at, "created_at"), "created_at", now)
        requester = known.people.get(ticket.requester_id or "")
        return received(
            identifier,
            FeedbackReceived(
                item_id=item_id(self.source_name, "ticket", ticket.id),
                source_name=self.source_name,
                vendor=VENDOR,
                channel=Channel.TICKET,
                part=part,
                part_id=part_id,
                subject=clean_line(ticket.subject, 1_000),
                text=text.text,
                truncated=text.truncated,
                score=score,
                customer=self._customer(person_id, ticket, known),
                tags=clean_tags(ticket.tags or ()),
                attributes=self._attributes(ticket, requester, more or {}),
                url=f"{self.settings.address}/agent/tickets/{ticket.id}",
                created_at=created,
                updated_at=updated_at,
            ),
        )

    def _customer(self, person_id: str | None, ticket: Ticket, known: Known) -> Customer | None:
        if person_id is None:
            return None
        person = known.people.get(person_id) or Person(id=person_id)
        organization_id = ticket.organization_id or person.organization_id
        organization = known.organizations.get(organization_id or "")
        fields = {
            **(person.user_fields or {}),
            **((organization.organization_fields or {}) if organization else {}),
        }
        tier = fields.get(self.settings.tier_field) if self.settings.tier_field else None
        return Customer(
            id=item_id(self.source_name, "user", person_id),
            name=clean_line(person.name, 256) or None,
            email=clean_line(person.email, 320) or None,
            organization_id=organization_id,
            organization_name=clean_line(organization.name, 256) or None if organization else None,
            tier=None if tier is None else clean_line(str(tier), 64) or None,
        )

    def _attributes(
        self, ticket: Ticket, requester: Person | None, more: Mapping[str, str | None]
    ) -> dict[str, str]:
        found: dict[str, object] = {
            "status": (ticket.status or "").lower(),
            "priority": (ticket.priority or "").lower(),
            "type": (ticket.type or "").lower(),
            "brand_id": ticket.brand_id,
            "group_id": ticket.group_id,
            "form_id": ticket.form_id,
            "via": ticket.via.channel if ticket.via else None,
            "requester_role": requester.role if requester else None,
            "public": None if ticket.is_public is None else str(ticket.is_public).lower(),
            **more,
        }
        values = {each.id: each.value for each in ticket.custom_fields or ()}
        for name, field_id in self.settings.custom_fields.items():
            found[name] = values.get(field_id)
        return {
            name: text
            for name, value in found.items()
            if value is not None and (text := clean_line(_text(value), 256))
        }

    @staticmethod
    def _opens(comment: Comment, ticket: Ticket) -> bool:
        """Whether a comment is the ticket's first, told by its words.

        A creating update is recognised by its other children; this is for deliveries and
        exports that do not show them.
        """
        return bool(comment.body) and clean_text(comment.body) == clean_text(ticket.description)


def _version(ticket: Ticket, now: datetime) -> tuple[datetime, int]:
    """When the present version was made, and its number.

    The number is what Zendesk says, also where its clock runs ahead of ours.
    """
    written = ticket.updated_at or ticket.created_at
    changed = parse_moment(written, "updated_at")
    version = ticket.generated_timestamp
    if version is not None and version <= 0:
        raise DataError("generated_timestamp is not positive")
    if version is not None and from_epoch(version) > now:
        not_ahead(from_epoch(version), "generated_timestamp", now)
    return not_ahead(changed, "updated_at", now), version or epoch(changed)


def _text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    return str(value)
