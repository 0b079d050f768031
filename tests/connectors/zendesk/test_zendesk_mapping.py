"""From Zendesk's records to events."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.base.errors import DataError
from connectors.base.payload import read_record
from connectors.support.zendesk.mapping import Known, Mapper
from connectors.support.zendesk.records import (
    Comment,
    Organization,
    Person,
    Rating,
    Ticket,
    TicketEvent,
)
from connectors.support.zendesk.settings import Settings
from schemas.feedback import Channel, Part, Score

NOW = datetime(2026, 3, 10, 12, 0, 0, tzinfo=UTC)
PAYLOADS = Path(__file__).parents[1] / "payloads" / "zendesk"
KNOWN = Known(
    people={
        "501": Person(
            id="501",
            name="Erika Mustermann",
            email="erika@kunde.example",
            role="end-user",
            organization_id="701",
        ),
        "601": Person(id="601", name="Tyler", role="agent"),
        "602": Person(id="602", name="Ines", role="admin"),
    },
    organizations={
        "701": Organization(id="701", name="Kunde AG", organization_fields={"plan": "enterprise"})
    },
)


def payload(name: str, **changes: Any) -> dict[str, Any]:
    """A payload of ours in the documented shape."""
    return {**json.loads((PAYLOADS / f"{name}.json").read_text()), **changes}


def mapper(**settings: Any) -> Mapper:
    """A mapper of the source ``support``."""
    return Mapper(
        "support", Settings.model_validate({"subdomain": "acme", "oauth_token": "t", **settings})
    )


def ticket(**changes: Any) -> Ticket:
    """The ticket of the payload."""
    return read_record(Ticket, payload("ticket", **changes), "ticket")


def comment(**changes: Any) -> Comment:
    """The comment of the payload."""
    event = read_record(TicketEvent, payload("ticket_event"), "ticket_event")
    return read_record(Comment, {**event.comments[0], **changes}, "comment")


def rating(**changes: Any) -> Rating:
    """The rating of the payload."""
    return read_record(Rating, payload("satisfaction_rating", **changes), "rating")


def test_a_ticket_becomes_the_opening_of_its_item() -> None:
    """Every field has its place; the version is the one the vendor numbers by."""
    fields = {"area": 27642, "region": "27648", "empty": 27650, "absent": 1}
    event = mapper(custom_fields=fields, tier_field="plan").opening(ticket(), KNOWN, NOW)
    data = event.data
    assert event.id == "ticket/4711/1772447460"
    assert event.time == data.updated_at == datetime(2026, 3, 2, 10, 30, tzinfo=UTC)
    assert data.created_at == datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
    assert data.item_id == "support:ticket:4711"
    assert (data.vendor, data.channel, data.part) == ("zendesk", Channel.TICKET, Part.OPENING)
    assert data.part_id == "opening"
    assert data.subject == "Charged twice for March"
    assert data.text == "Hello,\n\nI was charged twice.\n<b>Please</b> help."
    assert data.tags == ("billing", "enterprise")
    assert data.url == "https://acme.zendesk.com/agent/tickets/4711"
    assert data.score is None
    assert data.attributes == {
        "status": "open",
        "priority": "high",
        "type": "incident",
        "brand_id": "360001",
        "group_id": "98738",
        "form_id": "47",
        "via": "email",
        "requester_role": "end-user",
        "public": "true",
        "area": "checkout",
        "region": "eu, web",
    }
    assert data.customer is not None
    assert data.customer.model_dump() == {
        "id": "support:user:501",
        "name": "Erika Mustermann",
        "email": "erika@kunde.example",
        "organization_id": "701",
        "organization_name": "Kunde AG",
        "tier": "enterprise",
    }


def test_another_version_of_a_ticket_is_another_event_of_the_same_part() -> None:
    """A change moves the version; where the vendor numbers none, its time of change does."""
    plain = mapper()
    later = plain.opening(ticket(generated_timestamp=1772447461), KNOWN, NOW)
    unnumbered = plain.opening(ticket(generated_timestamp=None), KNOWN, NOW)
    assert later.id == "ticket/4711/1772447461"
    assert unnumbered.id == f"ticket/4711/{int(unnumbered.data.updated_at.timestamp())}"
    assert later.data.part_id == unnumbered.data.part_id


def test_a_customer_nobody_knows_keeps_the_id() -> None:
    """Deleted people and requesters without mail are no fault."""
    data = mapper().opening(ticket(requester_id=999), Known(), NOW).data
    assert data.customer is not None
    assert (data.customer.id, data.customer.email) == ("support:user:999", None)
    assert mapper().opening(ticket(requester_id=None), Known(), NOW).data.customer is None


def test_a_customers_comment_belongs_to_the_ticket() -> None:
    """It carries the ticket's subject, tags and time of creation, and its own time and words."""
    event = mapper().comment(comment(), ticket(), KNOWN, NOW)
    assert event is not None
    assert event.id == "comment/4711/91048994488"
    assert event.data.item_id == "support:ticket:4711"
    assert (event.data.part, event.data.part_id) == (Part.COMMENT, "comment:91048994488")
    assert event.data.text == "It happened again this morning."
    assert event.data.subject == "Charged twice for March"
    assert event.data.created_at == datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
    assert event.time == datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "changes",
    [
        {"author_id": 601},
        {"author_id": 602},
        {"author_id": -1},
        {"author_id": None},
        {"public": False},
        {"body": "Hello,\n\nI was charged twice.\n<b>Please</b> help."},
    ],
    ids=["agent", "admin", "system", "nobody", "private", "the opening again"],
)
def test_what_is_no_feedback_is_left_out(changes: dict[str, Any]) -> None:
    """Our own people's comments, private notes and the repeated opening give no event."""
    assert mapper().comment(comment(**changes), ticket(), KNOWN, NOW) is None


def test_a_comment_of_somebody_deleted_is_kept() -> None:
    """A person who is gone is more likely a customer than an agent; no words are lost."""
    assert mapper().comment(comment(author_id=999), ticket(), KNOWN, NOW) is not None


def test_a_rating_keeps_its_raw_value_scale_and_normalised_value() -> None:
    """Bad is 0, good is 1, the words are the text and the reason an attribute."""
    event = mapper().rating(rating(), ticket(), KNOWN, NOW)
    assert event is not None
    moment = datetime(2026, 3, 3, 8, 5, tzinfo=UTC)
    assert event.id == f"rating/35436/{int(moment.timestamp())}"
    assert (event.data.part, event.data.part_id) == (Part.RATING, "rating:35436")
    assert event.data.score == Score(
        raw=0.0, low=0.0, high=1.0, scale="csat_good_bad", normalised=0.0
    )
    assert event.data.text == "Nobody answered for a week"
    assert event.data.attributes["csat_reason"] == "The issue took too long to resolve"
    good = mapper().rating(rating(score="good", comment=None), ticket(), KNOWN, NOW)
    assert good is not None
    assert good.data.score is not None
    assert (good.data.score.normalised, good.data.text) == (1.0, "")


@pytest.mark.parametrize("score", ["offered", "unoffered", "", "great"])
def test_a_rating_nobody_gave_is_left_out(score: str) -> None:
    """Asking for a rating is not feedback."""
    assert mapper().rating(rating(score=score), ticket(), KNOWN, NOW) is None


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({}, True),
        ({"brands": [360001]}, True),
        ({"brands": ["5"]}, False),
        ({"tags": ["enterprise", "x"]}, True),
        ({"tags": ["x"]}, False),
        ({"without_tags": ["billing"]}, False),
        ({"without_tags": ["x"]}, True),
    ],
)
def test_settings_choose_tickets(settings: dict[str, Any], wanted: bool) -> None:  # noqa: FBT001
    """By brand, by tag, and by a tag that must not be there."""
    assert mapper(**settings).wanted(ticket()) is wanted


def test_a_deleted_ticket_is_left_out() -> None:
    """Its words are gone: the export shows a scrubbed shell."""
    assert not mapper().wanted(ticket(status="deleted"))


@pytest.mark.parametrize(
    "changes",
    [
        {"created_at": "yesterday"},
        {"created_at": "2030-01-01T00:00:00Z"},
        {"updated_at": "2030-01-01T00:00:00Z"},
        {"generated_timestamp": 1893456000},
        {"generated_timestamp": -1},
    ],
)
def test_a_lying_ticket_is_a_data_error(changes: dict[str, Any]) -> None:
    """Times that cannot be are named."""
    with pytest.raises(DataError, match=r"created_at|updated_at|generated_timestamp"):
        mapper().opening(ticket(**changes), KNOWN, NOW)


@pytest.mark.shared
def test_the_vendors_own_example_maps(shared: Path) -> None:
    """The ticket of the vendor's OpenAPI document becomes an event with nothing lost."""
    body = json.loads(
        (shared / "payloads" / "zendesk" / "incremental_tickets_cursor_response.json").read_text()
    )
    event = mapper().opening(read_record(Ticket, body["tickets"][0], "ticket"), Known(), NOW)
    assert event.id == "ticket/35436/1304553600"
    assert event.data.subject == "Help, my printer is on fire!"
    assert event.data.text == "The fire is very colorful."
    assert event.data.tags == ("enterprise", "other_tag")
    assert event.data.attributes["priority"] == "high"
    assert event.data.customer is not None
    assert event.data.customer.organization_id == "509974"


@pytest.mark.shared
def test_the_vendors_own_user_is_read(shared: Path) -> None:
    """Role and mail of the vendor's example are found."""
    body = json.loads(
        (shared / "payloads" / "zendesk" / "incremental_users_cursor_response.json").read_text()
    )
    person = read_record(Person, body["users"][0], "user")
    assert (person.id, person.email, person.staff) == ("35436", "johnny@example.com", True)
