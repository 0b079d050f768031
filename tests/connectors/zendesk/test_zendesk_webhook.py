"""Deliveries of event subscriptions."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.base.errors import DataError, SignatureError
from connectors.support.zendesk import Settings, Zendesk, make
from schemas.feedback import Part
from tests.connectors.surroundings import NOW, surroundings

PAYLOADS = Path(__file__).parents[1] / "payloads" / "zendesk"


def connector(**settings: Any) -> Zendesk:
    """A connector with a webhook secret."""
    return make(
        Settings.model_validate(
            {"subdomain": "acme", "oauth_token": "t", "webhook_secret": "dGhpcw", **settings}
        ),
        surroundings(),
    )


def delivery(**changes: Any) -> dict[str, Any]:
    """A comment_added of ours in the documented shape."""
    return {**json.loads((PAYLOADS / "webhook_comment_added.json").read_text()), **changes}


def parsed(body: dict[str, Any], **settings: Any) -> list[Any]:
    """The events of a body."""
    return list(connector(**settings).parse({}, json.dumps(body).encode()))


def test_the_signature_is_over_time_and_body() -> None:
    """A vector computed with OpenSSL: base64(HMAC-SHA256(secret, timestamp + body))."""
    headers = {
        "x-zendesk-webhook-signature": "VANPdfxbthtkeQhnSBwo7tchRBLq5yKGSTRSby5yiPA=",
        "x-zendesk-webhook-signature-timestamp": "2026-03-10T12:00:00Z",
    }
    connector().verify(headers, b'{"a":1}', NOW)
    with pytest.raises(SignatureError):
        connector().verify(
            {**headers, "x-zendesk-webhook-signature-timestamp": "2026-03-10T12:00:01Z"},
            b'{"a":1}',
            NOW,
        )


def test_without_a_secret_nothing_is_believed() -> None:
    """A source that was not told its secret refuses every delivery."""
    with pytest.raises(SignatureError, match="webhook_secret"):
        connector(webhook_secret=None).verify({}, b"", NOW)


def test_a_customers_comment_has_the_id_a_pull_gives_it() -> None:
    """Ticket and comment number make it; words, item and customer are there."""
    (event,) = parsed(delivery())
    assert event.id == "comment/4711/91048994488"
    assert event.data.part is Part.COMMENT
    assert event.data.text == "It happened again this morning."
    assert event.data.customer.id == "support:user:501"
    assert event.data.customer.name == "Erika Mustermann"
    assert event.data.attributes["status"] == "open"
    assert event.time == datetime(2026, 3, 2, 9, 30, 0, 123456, tzinfo=UTC)


@pytest.mark.parametrize(
    "change",
    [
        {"is_public": False},
        {"author": {"id": "601", "is_staff": True}},
        {"body": "Hello,\n\nI was charged twice.\n<b>Please</b> help."},
        {"author": {}},
    ],
    ids=["private", "staff", "the opening again", "nobody"],
)
def test_what_is_no_feedback_gives_no_event(change: dict[str, Any]) -> None:
    """The same rules as in a pull."""
    body = delivery()
    body["event"]["comment"] |= change
    assert parsed(body) == []


@pytest.mark.parametrize("what", ["created", "status_changed", "priority_changed", "tags_changed"])
def test_a_change_of_the_ticket_is_a_version_of_its_opening(what: str) -> None:
    """Numbered by its time of change, as a pull numbers it."""
    (event,) = parsed(delivery(type=f"zen:event-type:ticket.{what}", event={}))
    assert event.id == f"ticket/4711/{int(datetime(2026, 3, 2, 9, 30, tzinfo=UTC).timestamp())}"
    assert event.data.part is Part.OPENING
    assert event.data.attributes["form_id"] == "47"


@pytest.mark.parametrize(
    "kind",
    [
        "zen:event-type:user.created",
        "zen:event-type:ticket.permanently_deleted",
        "zen:event-type:ticket.merged",
        "zen:event-type:messaging_ticket.message_added",
        "something else",
    ],
)
def test_other_kinds_are_taken_in_silence(kind: str) -> None:
    """They are no fault of the sender and no feedback."""
    assert parsed(delivery(type=kind)) == []


def test_filters_hold_for_deliveries_too() -> None:
    """A tag that is excluded is excluded on every way in."""
    assert parsed(delivery(), without_tags=["billing"]) == []


def test_a_delivery_that_lacks_what_it_must_have_names_it() -> None:
    """The field is in the error."""
    with pytest.raises(DataError, match=r"event\.comment"):
        parsed(delivery(event={}))
    body = delivery()
    del body["detail"]["created_at"]
    with pytest.raises(DataError, match="created_at"):
        parsed(body)


@pytest.mark.shared
def test_the_vendors_own_examples_are_taken(shared: Path) -> None:
    """Its examples of other subscriptions give nothing and break nothing."""
    folder = shared / "payloads" / "zendesk"
    for path in sorted(folder.glob("webhook_event_*.json")):
        assert connector().parse({}, path.read_bytes()) == ()
