"""What must arrive: told by the data, equal to what is served and to what connectors make of it."""

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from connectors.base.registry import ConnectorContext
from connectors.files import Settings as FilesSettings
from connectors.files import make as make_files
from connectors.sandbox import zendesk
from connectors.sandbox.company import Company, found
from connectors.sandbox.company.surveys import FILE_TIME_ZONE, history_file
from connectors.sandbox.expectation import ANNOUNCED_AT_LEAST, expectation, live_since
from connectors.sandbox.zendesk.options import ADMIN_EMAIL, API_TOKEN, Options
from connectors.support.zendesk import Settings as ZendeskSettings
from connectors.support.zendesk import make as make_zendesk


class _Deaf:
    """An observer that hears nothing."""

    def waited(self, source: str, seconds: float, reason: str) -> None: ...

    def budget_left(self, source: str, calls: float) -> None: ...

    def failed(self, source: str, error_class: str) -> None: ...


class _WaitingClock:
    """A ``Clock`` whose sleep lets the hand-moved time pass."""

    def __init__(self, clock: Any) -> None:
        self._clock = clock
        self.now = clock.now
        self.monotonic = clock.monotonic

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self._clock.advance(seconds)


def _context(name: str, clock: Any, transport: httpx.AsyncBaseTransport, **more: Any) -> Any:
    return ConnectorContext(
        source_name=name,
        transport=transport,
        clock=_WaitingClock(clock),
        observer=_Deaf(),
        since=clock.now() - timedelta(days=400),
        randomness=lambda: 0.5,
        **more,
    )


async def _pulled(connector: Any) -> tuple[list[Any], list[str]]:
    """Events and names of dead records of one complete pull."""
    events: list[Any] = []
    dead: list[str] = []
    async for page in connector.pull(None):
        events += page.events
        dead += [each.record_id for each in page.dead]
    await connector.close()
    return events, dead


async def test_support_gives_what_the_data_say(company: Company, clock: Any) -> None:
    """The Zendesk connector finds the expected items, parts and dead records over HTTP."""
    app = zendesk.make_app(
        seed=company.seed,
        options=Options(page_size=60, conflict_every=7),
        now=company.now,
        clock=clock.now,
        monotonic=clock.monotonic,
    )
    settings = ZendeskSettings(
        base_url="http://127.0.0.1:9", email=ADMIN_EMAIL, api_token=SecretStr(API_TOKEN)
    )
    connector = make_zendesk(settings, _context("support", clock, httpx.ASGITransport(app)))
    events, dead = await _pulled(connector)
    expected = expectation(company).sources["support"]
    distinct = {event.id: event for event in events}
    assert {event.data.item_id for event in events} == set(expected.items)
    assert len(distinct) == expected.received
    named = sorted((event.data.item_id, event.data.part_id) for event in distinct.values())
    assert named == sorted((item, part) for item, parts in expected.parts.items() for part in parts)
    parts = Counter(event.data.part.value for event in distinct.values())
    assert parts == {
        "opening": expected.openings,
        "comment": expected.comments,
        "rating": expected.ratings,
    }
    assert len(events) - len(distinct) >= expected.repeated
    assert sorted(dead) == sorted(each.record_id for each in expected.refused)


async def test_history_gives_what_the_data_say(
    company: Company, clock: Any, tmp_path: Path
) -> None:
    """The files connector finds the expected rows and refuses the spoilt ones by line."""
    (tmp_path / "nps.csv").write_bytes(history_file(company.history))
    settings = FilesSettings.model_validate(
        {
            "path": str(tmp_path / "nps.csv"),
            "channel": "survey",
            "time_zone": FILE_TIME_ZONE,
            "columns": {
                "id": "response_id",
                "created_at": "answered_at",
                "text": "comment",
                "score": "score",
            },
            "score": {"low": 0, "high": 10, "scale": "nps_0_10"},
        }
    )
    context = _context("history", clock, httpx.MockTransport(lambda _: httpx.Response(500)))
    events, dead = await _pulled(make_files(settings, context))
    expected = expectation(company).sources["history"]
    assert {event.data.item_id for event in events} == set(expected.items)
    assert len({event.id for event in events}) == expected.received
    assert expected.parts == {event.data.item_id: (event.data.part_id,) for event in events}
    assert len(events) - expected.received == expected.repeated
    assert sorted(dead) == sorted(each.record_id for each in expected.refused)
    when = {event.data.item_id: event.data.created_at for event in events}
    announced = {item for item, at in when.items() if at >= live_since(company)}
    assert announced == set(expected.announced)


def test_totals_add_up(company: Company) -> None:
    """The written form carries totals that follow from its sources."""
    values = expectation(company).as_dict()
    sources = values["sources"].values()
    assert values["total"]["items"] == sum(len(each["items"]) for each in sources)
    assert values["total"]["dead_letters"] == 11
    assert values["total"]["repeated"] == 12


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("days", range(7))
def test_a_first_run_announces_some_forty_items(seed: int, days: int, clock: Any) -> None:
    """Whatever the weekday, the recent past holds enough news, and not too much."""
    company = found(seed, clock.now() + timedelta(days=days))
    announced = sum(len(each.announced) for each in expectation(company).sources.values())
    assert ANNOUNCED_AT_LEAST <= announced <= 65
