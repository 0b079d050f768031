"""The connector against the simulated account, over real HTTP."""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
import uvicorn

from connectors.base.contract import Page
from connectors.base.errors import ConfigurationError, TransientError
from connectors.base.http import network
from connectors.base.registry import ConnectorContext
from connectors.sandbox.company import Company, found
from connectors.sandbox.company.oddities import REFUSED
from connectors.sandbox.zendesk import ADMIN_EMAIL, AGENT_EMAIL, Options, make_app
from connectors.support.zendesk import Settings, Zendesk, make
from tests.connectors.surroundings import NOW, HandClock, Notebook, events_in, ids_in, pages_of

SEED = 7


class Account:
    """A running sandbox, and what it is known to hold."""

    def __init__(self, url: str, transport: httpx.AsyncBaseTransport, clock: HandClock) -> None:
        self.url = url
        self.clock = clock
        self.notebook = Notebook()
        self.company: Company = found(SEED, NOW)
        self._transport = transport

    def connect(self, email: str = ADMIN_EMAIL, token: str = Options().api_token) -> Zendesk:
        """A connector to it."""
        settings = {
            "base_url": self.url,
            "email": email,
            "api_token": token,
            "page_size": 100,
            "tier_field": "plan",
        }
        return make(
            Settings.model_validate(settings),
            ConnectorContext(
                source_name="support",
                transport=self._transport,
                clock=self.clock,
                observer=self.notebook,
                since=NOW - timedelta(days=90),
            ),
        )

    async def order(self, **fault: Any) -> None:
        """Let it misbehave."""
        async with httpx.AsyncClient() as client:
            answer = await client.post(f"{self.url}/_sandbox/faults", json=fault)
            assert answer.status_code == 200

    def expected(self) -> set[str]:
        """Ids of all feedback the company holds, from its own data and the documented rules."""
        people = self.company.people
        customers = {person.id for person in people.customers}
        ids: set[str] = set()
        for ticket in self.company.tickets:
            if ticket.oddity in REFUSED:
                continue
            ids.add(f"ticket/{ticket.id}/{int(ticket.generated_at.timestamp())}")
            ids |= {
                f"comment/{ticket.id}/{comment.id}"
                for comment in ticket.comments[1:]
                if comment.public and comment.author_id in customers
            }
            if ticket.rating and ticket.rating.score in {"good", "bad"}:
                ids.add(f"rating/{ticket.rating.id}/{int(ticket.rating.at.timestamp())}")
        return ids


@asynccontextmanager
async def running(**options: Any) -> AsyncIterator[Account]:
    """A sandbox on a free port whose clock is the test's."""
    clock = HandClock()
    app = make_app(
        seed=SEED,
        options=Options(**options),
        now=NOW,
        clock=clock.now,
        monotonic=clock.monotonic,
    )
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(
            uvicorn.Config(app, log_level="critical", http="h11", lifespan="off")
        )
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        transport = network()
        try:
            yield Account(f"http://127.0.0.1:{listener.getsockname()[1]}", transport, clock)
        finally:
            await transport.aclose()
            server.should_exit = True
            await serving


async def test_everything_the_company_holds_arrives() -> None:
    """Every ticket, comment and rating, as often as the account lists it; the liars are named."""
    async with running() as account:
        pages = await pages_of(account.connect())
        expected = account.expected()
        assert len(expected) > 300
        assert set(ids_in(pages)) == expected
        often = [each.split("/") for each, count in Counter(ids_in(pages)).items() if count > 1]
        twice = {int(number) for kind, number, _ in often if kind == "ticket"}
        assert twice == account.company.repeated
        dead = {record.record_id for page in pages for record in page.dead}
        assert len(dead) == len(REFUSED)
        customers = [event.data.customer for event in events_in(pages)]
        assert all(customer and customer.id for customer in customers)
        assert {customer.tier for customer in customers if customer and customer.tier} == {
            "starter",
            "team",
            "enterprise",
        }
        assert (await account.connect().health()).ok


async def test_the_vendors_limit_is_never_hit() -> None:
    """A client that counts sees no 429, however long the first pull takes."""
    async with running(page_size=60) as account:
        await pages_of(account.connect())
        assert not account.notebook.failures
        assert {reason for _, _, reason in account.notebook.waits} == {"budget"}


async def test_a_second_pull_is_cheap() -> None:
    """Nothing is new: three lists are asked, and what repeats has the ids it had."""
    async with running() as account:
        first = await pages_of(account.connect())
        second = await pages_of(account.connect(), first[-1].checkpoint)
        assert set(ids_in(second)) <= account.expected()
        assert len(second) == 3
        assert len(ids_in(second)) < 10


async def test_a_bad_network_costs_time_and_nothing_else() -> None:
    """Resets, halves, refusals, conflicts and storms at every turn: the same feedback arrives."""
    async with running(page_size=50, conflict_every=5) as account:
        written: list[Page] = []
        kinds = ("reset", "truncate", "refuse", "after", "status")
        for round_ in range(100):
            kind = kinds[round_ % len(kinds)]
            more = {"status": 429, "retry_after": 5} if kind == "status" else {}
            await account.order(kind=kind, times=2, path="/api/v2/", **more)
            try:
                async for page in account.connect().pull(
                    written[-1].checkpoint if written else None
                ):
                    written.append(page)
                    await account.order(kind=kind, times=1, path="/api/v2/incremental")
            except TransientError:
                account.clock.advance(60)
            else:
                break
        assert set(ids_in(written)) == account.expected()


@pytest.mark.parametrize(
    ("email", "token", "words"),
    [
        (AGENT_EMAIL, Options().api_token, "may not read"),
        (ADMIN_EMAIL, "wrong", "credentials are not valid"),
    ],
)
async def test_the_wrong_person_is_told_what_to_do(email: str, token: str, words: str) -> None:
    """An agent may not export, a wrong token opens nothing; both stop the source with a remedy."""
    async with running() as account:
        connector = account.connect(email, token)
        with pytest.raises(ConfigurationError, match=words) as caught:
            await pages_of(connector)
        assert caught.value.remedy
        health = await connector.health()
        assert not health.ok
        assert health.remedy
