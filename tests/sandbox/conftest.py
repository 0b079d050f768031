"""Simulators in this process, over ASGI or on a real socket, with a clock that tests move."""

import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from connectors.sandbox import slack, zendesk
from connectors.sandbox.company import Company, found
from connectors.sandbox.zendesk.options import ADMIN_EMAIL, API_TOKEN, Options

SEED = 7
NOW = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)
"""A Wednesday afternoon."""


@dataclass
class HandClock:
    """Time that stands still until a test moves it."""

    at: datetime = NOW
    seconds: float = 1_000.0
    started: datetime = field(default=NOW)

    def now(self) -> datetime:
        """The time."""
        return self.at

    def monotonic(self) -> float:
        """Seconds on the steady clock."""
        return self.seconds

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.at += timedelta(seconds=seconds)
        self.seconds += seconds


@pytest.fixture
def clock() -> HandClock:
    """A clock that stands at the founding moment."""
    return HandClock()


@pytest.fixture(scope="session")
def company() -> Company:
    """The company that most tests look at."""
    return found(SEED, NOW)


@pytest.fixture
def basic() -> httpx.BasicAuth:
    """Credentials of the administrator."""
    return httpx.BasicAuth(f"{ADMIN_EMAIL}/token", API_TOKEN)


Desk = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
def desk(clock: HandClock, basic: httpx.BasicAuth) -> Desk:
    """Opens a simulated Zendesk with the given options; the client is the administrator's."""

    @asynccontextmanager
    async def open_desk(
        *, state: Path | None = None, **options: Any
    ) -> AsyncIterator[httpx.AsyncClient]:
        app = zendesk.make_app(
            seed=SEED,
            options=Options(**{"per_minute": 10_000, "account_per_minute": 10_000} | options),
            state=state,
            now=NOW,
            clock=clock.now,
            monotonic=clock.monotonic,
        )
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://desk.example", auth=basic
        ) as client:
            yield client

    return open_desk


@pytest.fixture
def chat(clock: HandClock) -> Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]:
    """Opens a simulated Slack; the client carries the bot's token."""

    @asynccontextmanager
    async def open_chat(
        *, state: Path | None = None, per_second: float = 1.0
    ) -> AsyncIterator[httpx.AsyncClient]:
        app = slack.make_app(
            state=state, per_second=per_second, clock=clock.now, monotonic=clock.monotonic
        )
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://chat.example",
            headers={"authorization": f"Bearer {slack.LARKFIELD.token}"},
        ) as client:
            yield client

    return open_chat


@pytest.fixture
def served() -> Callable[[Any], Any]:
    """Serves an application on a free port of this machine and gives its address.

    The socket listens before the server runs, so nobody has to wait for it.
    """

    @contextmanager
    def serve(app: Any) -> Iterator[str]:
        listening = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(
            uvicorn.Config(app, log_level="critical", http="h11", lifespan="off")
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
            listening.close()

    return serve
