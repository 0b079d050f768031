"""Records as Zendesk shapes them. Source: the vendor's OpenAPI documents and recorded answers."""

from datetime import datetime
from typing import Any

from connectors.sandbox.company.model import Organisation, Person, Rating, Ticket
from connectors.sandbox.zendesk.desk import Audit

__all__ = ["organisation_record", "rating_record", "ticket_event", "ticket_record", "user_record"]

BRAND_ID = 360_001
GROUP_ID = 98_738
FORM_ID = 47
PLAN_FIELD = 27_642


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _via(channel: str) -> dict[str, Any]:
    return {"channel": channel, "source": {"from": {}, "to": {}, "rel": None}}


def ticket_record(ticket: Ticket, base: str) -> dict[str, Any]:
    """A ticket of the export. ``base`` is the address of the account, without a slash."""
    rating: dict[str, Any] = {"score": "unoffered"}
    if ticket.rating is not None:
        rating = {
            "id": ticket.rating.id,
            "score": ticket.rating.score,
            "comment": ticket.rating.comment,
        }
    record: dict[str, Any] = {
        "id": ticket.id,
        "url": f"{base}/api/v2/tickets/{ticket.id}.json",
        "external_id": None,
        "via": _via(ticket.channel),
        "created_at": _iso(ticket.created_at),
        "updated_at": _iso(ticket.updated_at),
        "generated_timestamp": int(ticket.generated_at.timestamp()),
        "type": ticket.type,
        "subject": ticket.subject,
        "raw_subject": ticket.subject,
        "description": ticket.description,
        "priority": ticket.priority,
        "status": ticket.status,
        "recipient": "support@larkfield.example" if ticket.channel == "email" else None,
        "requester_id": ticket.requester_id,
        "submitter_id": ticket.requester_id,
        "assignee_id": ticket.assignee_id if ticket.status != "new" else None,
        "organization_id": ticket.organisation_id,
        "group_id": GROUP_ID,
        "collaborator_ids": [],
        "follower_ids": [],
        "email_cc_ids": [],
        "problem_id": None,
        "has_incidents": False,
        "is_public": True,
        "due_at": None,
        "tags": list(ticket.tags),
        "custom_fields": [{"id": PLAN_FIELD, "value": ticket.tags[-1]}],
        "fields": [{"id": PLAN_FIELD, "value": ticket.tags[-1]}],
        "satisfaction_rating": rating,
        "sharing_agreement_ids": [],
        "followup_ids": [],
        "ticket_form_id": FORM_ID,
        "brand_id": BRAND_ID,
        "allow_channelback": False,
        "allow_attachments": True,
        "from_messaging_channel": ticket.channel == "chat",
    }
    return record | ticket.overrides


def user_record(person: Person, base: str) -> dict[str, Any]:
    """A user of the export."""
    return {
        "id": person.id,
        "url": f"{base}/api/v2/users/{person.id}.json",
        "name": person.name,
        "email": person.email,
        "created_at": _iso(person.created_at),
        "updated_at": _iso(person.created_at),
        "time_zone": "Berlin" if "Berlin" in person.office else "Central Time (US & Canada)",
        "iana_time_zone": person.office.value,
        "phone": None,
        "photo": None,
        "locale": "en-US" if person.language == "en" else person.language,
        "organization_id": person.organisation_id,
        "role": person.role,
        "verified": person.email is not None,
        "external_id": None,
        "tags": [],
        "alias": "",
        "active": True,
        "shared": False,
        "shared_agent": False,
        "last_login_at": None,
        "suspended": False,
        "user_fields": {},
        "custom_role_id": None,
        "details": "",
        "locale_id": 1,
        "moderator": person.role != "end-user",
        "notes": "",
        "only_private_comments": False,
        "restricted_agent": person.role != "admin",
        "role_type": None,
        "signature": None,
        "ticket_restriction": "requested" if person.role == "end-user" else None,
    }


def organisation_record(organisation: Organisation, base: str) -> dict[str, Any]:
    """An organisation of the export; the customer's plan is a field and a tag."""
    return {
        "id": organisation.id,
        "url": f"{base}/api/v2/organizations/{organisation.id}.json",
        "name": organisation.name,
        "shared_tickets": False,
        "shared_comments": False,
        "external_id": None,
        "created_at": _iso(organisation.created_at),
        "updated_at": _iso(organisation.created_at),
        "domain_names": [organisation.domain],
        "details": "",
        "notes": "",
        "group_id": None,
        "tags": [organisation.plan],
        "organization_fields": {"plan": organisation.plan},
    }


def rating_record(rating: Rating, ticket: Ticket, base: str) -> dict[str, Any]:
    """A satisfaction rating."""
    reason = "The issue was not resolved" if rating.score == "bad" else "No reason provided"
    return {
        "id": rating.id,
        "url": f"{base}/api/v2/satisfaction_ratings/{rating.id}.json",
        "assignee_id": rating.assignee_id,
        "group_id": GROUP_ID,
        "requester_id": rating.requester_id,
        "ticket_id": ticket.id,
        "score": rating.score,
        "comment": rating.comment,
        "reason": reason,
        "reason_code": 5 if rating.score == "bad" else 0,
        "reason_id": 35_121,
        "created_at": _iso(rating.at),
        "updated_at": _iso(rating.at),
    }


def ticket_event(audit: Audit, *, with_comments: bool) -> dict[str, Any]:
    """A ticket event; the comment's words only with the ``comment_events`` sideload."""
    ticket, comment = audit.ticket, audit.comment
    via = "Web form" if ticket.channel == "web" else ticket.channel.capitalize()
    children: list[dict[str, Any]] = []
    if audit.opening:
        children.append(
            {
                "id": comment.id + 1,
                "via": via,
                "via_reference_id": None,
                "subject": ticket.subject,
                "requester_id": ticket.requester_id,
                "status": "new",
                "priority": ticket.priority,
                "tags": list(ticket.tags),
                "event_type": "Create",
            }
        )
    elif comment.author_id != ticket.requester_id and comment.public:
        children.append(
            {
                "id": comment.id + 1,
                "via": via,
                "via_reference_id": None,
                "status": "pending",
                "previous_value": "open",
                "event_type": "Change",
            }
        )
    if with_comments:
        children.append(
            {
                "id": comment.id,
                "via": _via(ticket.channel),
                "via_reference_id": None,
                "type": "Comment",
                "author_id": comment.author_id,
                "body": comment.body,
                "html_body": f'<div class="zd-comment" dir="auto">{_escaped(comment.body)}</div>',
                "public": comment.public,
                "attachments": [],
                "audit_id": comment.audit_id,
                "created_at": _iso(comment.at),
                "event_type": "Comment",
            }
        )
    else:
        children.append(
            {
                "id": comment.id,
                "via": via,
                "via_reference_id": None,
                "comment_present": True,
                "comment_public": comment.public,
                "event_type": "Comment",
            }
        )
    return {
        "id": audit.id,
        "ticket_id": ticket.id,
        "timestamp": int(audit.at.timestamp()),
        "created_at": _iso(audit.at),
        "updater_id": comment.author_id,
        "via": via,
        "system": {"client": "Mozilla/5.0", "location": "", "latitude": None, "longitude": None},
        "metadata": {},
        "event_type": "Audit",
        "child_events": children,
    }


def _escaped(text: str) -> str:
    for plain, safe in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\n", "<br>")):
        text = text.replace(plain, safe)
    return text
