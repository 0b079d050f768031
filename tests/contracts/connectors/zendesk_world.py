"""Zendesk for the compliance suite."""

import base64
import hashlib
import hmac
import json
from collections.abc import Set as AbstractSet
from typing import Any

import httpx

from connectors.support.zendesk import Settings, Zendesk, make
from tests.connectors.surroundings import HandClock, Notebook, surroundings
from tests.connectors.zendesk.scripted import (
    CUSTOMERS_WORDS,
    START,
    ScriptedZendesk,
    stamp,
    ticket,
)
from tests.contracts.connectors.harness import Handler

TOKEN, SECRET = "zd-token-8841-secret", "zd-webhook-secret-3127"


class ZendeskWorld:
    """Five tickets, seven updates, three ratings, in pages of two."""

    export_path = "/api/v2/incremental/tickets/cursor.json"

    def __init__(self) -> None:
        self.clock = HandClock()
        self.notebook = Notebook()
        self.vendor = ScriptedZendesk()
        self.handler: Handler = self.vendor
        self.expected: AbstractSet[str] = ScriptedZendesk.EXPECTED
        self.private = (TOKEN, SECRET, CUSTOMERS_WORDS, "Erika")
        self.calls = 0

    def connect(self) -> Zendesk:
        """A new connector."""
        settings = Settings.model_validate(
            {
                "subdomain": "acme",
                "email": "ines@acme.example",
                "api_token": TOKEN,
                "webhook_secret": SECRET,
                "page_size": 2,
            }
        )
        return make(
            settings,
            surroundings(self._network, clock=self.clock, notebook=self.notebook, since=START),
        )

    def _network(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        return self.handler(request)

    def damage_one(self) -> AbstractSet[str]:
        """The third ticket loses its time of creation, and with it all that refers to it."""
        del self.vendor.tickets[2]["created_at"]
        return {each for each in self.expected if each.startswith(("ticket/3/", "comment/3/"))}

    def add_unknown_fields(self) -> None:
        """New fields, as vendors add them without a word."""
        for record in [*self.vendor.tickets, *self.vendor.events, *self.vendor.ratings]:
            record["brand_new"] = {"deeply": ["nested", None]}

    def drop_optional_fields(self) -> None:
        """Tickets keep id, times and the person."""
        kept = {"id", "created_at", "updated_at", "generated_timestamp", "requester_id"}
        self.vendor.tickets = [
            {key: value for key, value in each.items() if key in kept}
            for each in self.vendor.tickets
        ]
        self.vendor.users = [{"id": each["id"], "role": each["role"]} for each in self.vendor.users]
        self.vendor.organizations = []

    def set_text(self, text: str) -> str:
        """The second ticket's description."""
        self.vendor.tickets[1]["description"] = text
        return "support:ticket:2"

    def set_created(self, iso: str) -> str:
        """All times of the second ticket."""
        self.vendor.tickets[1].update(created_at=iso, updated_at=iso)
        return "support:ticket:2"

    def insert_empty_page(self) -> None:
        """Between the first and the second page of tickets."""
        self.vendor.empty_page_at = 2

    def get_stuck(self) -> None:
        """The export hands out the first page for ever."""
        self.vendor.stuck = True

    def delivery(self) -> tuple[dict[str, str], bytes]:
        """A ticket.created about the first ticket, in the form of an event subscription."""
        detail: dict[str, Any] = {
            key: str(value) if key.endswith("id") else value
            for key, value in ticket(1).items()
            if key not in {"generated_timestamp", "custom_fields", "satisfaction_rating"}
        }
        body = json.dumps(
            {
                "type": "zen:event-type:ticket.created",
                "account_id": 22129848,
                "id": "d4f5c389-8f4a-4c2e-a1b9-8e4f39c71d52",
                "time": "2026-03-10T11:59:58.254571515Z",
                "zendesk_event_version": "2022-11-06",
                "subject": "zen:ticket:1",
                "detail": detail | {"status": "OPEN", "priority": "HIGH", "form_id": "47"},
                "event": {"meta": {"sequence": {"id": "x", "position": 1}}},
            }
        ).encode()
        sent = stamp(self.clock.now())
        made = hmac.new(SECRET.encode(), sent.encode() + body, hashlib.sha256).digest()
        return {
            "x-zendesk-webhook-signature": base64.b64encode(made).decode(),
            "x-zendesk-webhook-signature-timestamp": sent,
            "x-zendesk-webhook-id": "01J",
        }, body
