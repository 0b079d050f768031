"""Deliveries of Zendesk's event subscriptions.

Signed is the text of the timestamp header followed by the raw body, with HMAC-SHA256 under the
webhook's secret, in base64 (developer.zendesk.com, "Verifying webhook authenticity"). Zendesk
promises neither order nor that every event arrives: the pull is what completes the picture,
and both give the same ids.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import SecretStr

from connectors.base.errors import DataError, SignatureError
from connectors.base.payload import read_json, read_record
from connectors.base.webhooks import (
    Encoding,
    digest,
    require_fresh,
    require_header,
    require_same,
)
from connectors.support.zendesk.mapping import Known, Mapper
from connectors.support.zendesk.records import Comment, Person, Ticket, WebhookEvent
from schemas.envelope import Event
from schemas.feedback import FeedbackReceived

__all__ = ["parse", "verify"]

_PREFIX = "zen:event-type:ticket."
_SIGNATURE = "x-zendesk-webhook-signature"
_TIMESTAMP = "x-zendesk-webhook-signature-timestamp"


def verify(
    secret: SecretStr | None, headers: Mapping[str, str], body: bytes, now: datetime
) -> None:
    """Check a delivery; raises ``SignatureError``."""
    if secret is None:
        raise SignatureError("no webhook_secret is configured for this source")
    given, sent = require_header(headers, _SIGNATURE), require_header(headers, _TIMESTAMP)
    require_same(digest(secret, sent.encode(), body), given, Encoding.BASE64)
    require_fresh(sent, now)


def parse(mapper: Mapper, body: bytes, now: datetime) -> Sequence[Event[FeedbackReceived]]:
    """The events of a delivery; none for kinds that say nothing about feedback."""
    try:
        content = read_json(body)
    except ValueError as error:
        raise DataError(f"the delivery is {error}") from None
    delivery = read_record(WebhookEvent, content, "delivery")
    if not delivery.type.startswith(_PREFIX):
        return ()
    what = delivery.type.removeprefix(_PREFIX)
    commented = what == "comment_added"
    if not (commented or what in {"created", "undeleted"} or what.endswith("_changed")):
        return ()
    ticket = read_record(Ticket, delivery.detail, "detail")
    if not mapper.wanted(ticket):
        return ()
    if not commented:
        return (mapper.opening(ticket, Known(), now),)
    event = _comment(mapper, delivery, ticket, now)
    return () if event is None else (event,)


def _comment(
    mapper: Mapper, delivery: WebhookEvent, ticket: Ticket, now: datetime
) -> Event[FeedbackReceived] | None:
    raw = delivery.event.get("comment")
    if not isinstance(raw, Mapping):
        raise DataError("event.comment is missing", record_id=ticket.id)
    author = raw.get("author")
    author = author if isinstance(author, Mapping) else {}
    comment = read_record(
        Comment,
        {
            "id": raw.get("id"),
            "author_id": author.get("id"),
            "body": raw.get("body"),
            "public": raw.get("is_public") is True,
            "created_at": delivery.time,
        },
        "comment",
    )
    role = "agent" if author.get("is_staff") is True else "end-user"
    people: dict[str, Person] = {}
    if comment.author_id is not None:
        named = {"id": comment.author_id, "name": author.get("name"), "role": role}
        people[comment.author_id] = read_record(Person, named, "author")
    return mapper.comment(comment, ticket, Known(people), now)
