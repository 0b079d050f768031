"""What a connector gets from its surroundings, decided by the test."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from connectors.base.contract import Checkpoint, Connector, Page
from connectors.base.registry import ConnectorContext
from schemas.envelope import Event

NOW = datetime(2026, 3, 10, 12, 0, 0, tzinfo=UTC)


@dataclass
class HandClock:
    """A clock that moves only when somebody sleeps on it or moves it."""

    moment: datetime = NOW
    ticks: float = 1_000.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        """The time in UTC."""
        return self.moment

    def monotonic(self) -> float:
        """Seconds."""
        return self.ticks

    async def sleep(self, seconds: float) -> None:
        """Time passes at once."""
        self.slept.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.moment += timedelta(seconds=seconds)
        self.ticks += seconds


@dataclass
class Notebook:
    """An observer that writes down what it is told."""

    waits: list[tuple[str, float, str]] = field(default_factory=list)
    left: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def waited(self, source: str, seconds: float, reason: str) -> None:
        """Seconds spent waiting."""
        self.waits.append((source, seconds, reason))

    def budget_left(self, source: str, calls: float) -> None:
        """Calls that are left."""
        del source
        self.left.append(calls)

    def failed(self, source: str, error_class: str) -> None:
        """A call failed."""
        del source
        self.failures.append(error_class)


def nobody(request: httpx.Request) -> httpx.Response:
    """A network on which nothing may be asked."""
    raise AssertionError(f"nobody should be asked for {request.url}")


def surroundings(
    handler: Callable[[httpx.Request], Any] = nobody,
    *,
    clock: HandClock | None = None,
    notebook: Notebook | None = None,
    folder: Path = Path(),
    since: datetime = NOW - timedelta(days=30),
    name: str = "support",
    **more: Any,
) -> ConnectorContext:
    """A context whose network is ``handler``."""
    return ConnectorContext(
        source_name=name,
        transport=httpx.MockTransport(handler),
        clock=clock or HandClock(),
        observer=notebook or Notebook(),
        since=since,
        folder=folder,
        randomness=lambda: 0.5,
        **more,
    )


async def pages_of(connector: Connector, checkpoint: Checkpoint | None = None) -> list[Page]:
    """Every page of one pull."""
    return [page async for page in connector.pull(checkpoint)]


def events_in(pages: Iterable[Page]) -> list[Event[Any]]:
    """Every event on the pages."""
    return [event for page in pages for event in page.events]


def ids_in(pages: Iterable[Page]) -> list[str]:
    """Ids of the events on the pages."""
    return [event.id for event in events_in(pages)]
