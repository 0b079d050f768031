"""What every connector owes, whatever it reads.

A new vendor adds a ``World`` and a line in ``WORLDS``; the suite is not changed for it.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.base.checkpoints import LARGEST
from connectors.base.contract import Page
from schemas.envelope import Event
from schemas.feedback.received import MAX_TEXT
from schemas.topics import MAX_RECORD_BYTES, RECEIVED
from tests.connectors.surroundings import NOW, events_in, ids_in, pages_of
from tests.contracts.connectors.files_world import FilesWorld
from tests.contracts.connectors.harness import World
from tests.contracts.connectors.zendesk_world import ZendeskWorld

WORLDS: dict[str, Callable[[Path], World]] = {
    "zendesk": lambda _: ZendeskWorld(),
    "files-csv": lambda folder: FilesWorld(folder, ".csv"),
    "files-jsonl": lambda folder: FilesWorld(folder, ".jsonl"),
}


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    """Each connector's world in turn."""
    return WORLDS[request.param](tmp_path)


async def test_everything_arrives_once(world: World) -> None:
    """A first pull gives every record's event, each once, and no dead letter."""
    pages = await pages_of(world.connect())
    assert sorted(ids_in(pages)) == sorted(world.expected)
    assert [page.dead for page in pages if page.dead] == []


async def test_events_are_whole(world: World) -> None:
    """Type, source, key and subject follow the rules, and what is written can be read back."""
    for event in events_in(await pages_of(world.connect())):
        assert event.type == RECEIVED.name
        assert event.source == "/sources/support"
        assert event.partitionkey == event.subject == event.data.item_id
        assert event.data.item_id.startswith("support:")
        assert event.data.source_name == "support"
        assert event.time == event.data.updated_at <= NOW
        raw = event.to_json()
        assert len(raw) < MAX_RECORD_BYTES
        assert Event[type(event.data)].from_json(raw) == event


async def test_checkpoints_are_small_and_of_strings(world: World) -> None:
    """They survive JSON as they are."""
    for page in await pages_of(world.connect()):
        written = json.dumps(dict(page.checkpoint))
        assert len(written) < LARGEST
        assert json.loads(written) == dict(page.checkpoint)
        assert all(isinstance(value, str) for value in page.checkpoint.values())


async def test_a_kill_after_any_page_loses_nothing(world: World) -> None:
    """Whatever page was the last to be written, what follows from its checkpoint completes it."""
    whole = await pages_of(world.connect())
    assert len(whole) > 2, "a world in one page shows nothing"
    for survived in range(len(whole)):
        before = whole[:survived]
        checkpoint = dict(before[-1].checkpoint) if before else None
        after = await pages_of(world.connect(), checkpoint)
        assert set(ids_in(before)) | set(ids_in(after)) == set(world.expected), survived
        assert len(ids_in(after)) == len(set(ids_in(after)))


async def test_the_same_checkpoint_gives_the_same_events(world: World) -> None:
    """Repeating a pull repeats its ids, in their order."""
    whole = await pages_of(world.connect())
    for page in whole:
        first = await pages_of(world.connect(), page.checkpoint)
        again = await pages_of(world.connect(), page.checkpoint)
        assert ids_in(first) == ids_in(again)


async def test_a_source_at_rest_costs_little_and_says_nothing_new(world: World) -> None:
    """A pull from the last checkpoint ends by itself and gives nothing that was not there."""
    whole = await pages_of(world.connect())
    idle = await pages_of(world.connect(), whole[-1].checkpoint)
    assert set(ids_in(idle)) <= set(world.expected)
    assert len(idle) <= len(whole)
    assert len(ids_in(idle)) < len(world.expected) / 2


async def test_one_connector_can_be_asked_again(world: World) -> None:
    """A second pull of the same object starts where it is told, not where the first ended."""
    connector = world.connect()
    assert set(ids_in(await pages_of(connector))) == set(world.expected)
    assert set(ids_in(await pages_of(connector))) == set(world.expected)
    await connector.close()


async def test_a_bad_record_is_put_aside_and_the_rest_arrives(world: World) -> None:
    """It becomes a dead letter with its name, its bytes and a reason without its words."""
    gone = world.damage_one()
    pages = await pages_of(world.connect())
    assert set(ids_in(pages)) == set(world.expected) - gone
    dead = [record for page in pages for record in page.dead]
    assert len(dead) == len(gone)
    for record in dead:
        assert record.topic == RECEIVED.name
        assert record.raw
        assert record.record_id in record.message
        assert len(record.message) < 2_000
        assert not [word for word in world.private if word in record.message]


async def test_unknown_fields_change_nothing(world: World) -> None:
    """A vendor adds fields without a word; ids and number of events stay."""
    world.add_unknown_fields()
    assert sorted(ids_in(await pages_of(world.connect()))) == sorted(world.expected)


async def test_missing_fields_are_no_fault(world: World) -> None:
    """A record with the bare minimum is an event all the same."""
    world.drop_optional_fields()
    pages = await pages_of(world.connect())
    assert [page.dead for page in pages if page.dead] == []
    items = {event.data.item_id for event in events_in(pages)}
    assert len(items) >= 5


async def test_a_clock_that_runs_fast_is_taken_as_now(world: World) -> None:
    """Ten minutes ahead is skew: the event is dated now."""
    item = world.set_created((NOW + timedelta(minutes=10)).isoformat())
    pages = await pages_of(world.connect())
    assert [page.dead for page in pages if page.dead] == []
    found = [event for event in events_in(pages) if event.data.item_id == item]
    assert found[0].data.created_at == NOW
    assert all(event.time <= NOW for event in events_in(pages))


async def test_a_time_from_next_year_is_put_aside(world: World) -> None:
    """It would hold the stream's time hostage."""
    item = world.set_created((NOW + timedelta(days=400)).isoformat())
    pages = await pages_of(world.connect())
    assert item not in {event.data.item_id for event in events_in(pages)}
    dead = [record.message for page in pages for record in page.dead]
    assert [message for message in dead if "future" in message] == dead != []


async def test_an_overlong_text_is_cut_and_says_so(world: World) -> None:
    """Beyond a hundred thousand characters the rest is left out, and the record still fits."""
    item = world.set_text("😀" * (MAX_TEXT + 50_000))
    event = _opening(await pages_of(world.connect()), item)
    assert event.data.truncated
    assert event.data.text == "😀" * MAX_TEXT
    assert len(event.to_json()) < MAX_RECORD_BYTES


async def test_text_is_made_safe_and_stays_what_it_says(world: World) -> None:
    """Invisible and order-changing characters go, markup stays words."""
    item = world.set_text("Refund\u200b \u202e<script>alert(1)</script>\x00 שלום")
    text = _opening(await pages_of(world.connect()), item).data.text
    assert text == "Refund <script>alert(1)</script> שלום"


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(max_size=300))
async def test_any_text_arrives_or_is_put_aside(world: World, text: str) -> None:
    """No text stops a source; each record is an event or a dead letter, and the others arrive."""
    world.set_text(text)
    pages = await pages_of(world.connect())
    dead = [record for page in pages for record in page.dead]
    assert len(set(ids_in(pages))) + len(dead) >= len(world.expected) - 1
    for event in events_in(pages):
        event.to_json()


async def test_no_secret_shows(world: World) -> None:
    """The connector's representation and its health hold neither secrets nor customers' words."""
    connector = world.connect()
    health = await connector.health()
    assert health.ok
    shown = f"{connector!r} {health}"
    assert not [word for word in world.private if word in shown]
    await connector.close()


def _opening(pages: list[Page], item: str) -> Event:  # type: ignore[type-arg]
    return next(event for event in events_in(pages) if event.data.item_id == item)
