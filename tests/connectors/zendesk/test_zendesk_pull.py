"""How Zendesk is asked: limits, cursors, times."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from connectors.base.errors import ConfigurationError
from connectors.support.zendesk import Settings, Zendesk, make
from tests.connectors.surroundings import (
    NOW,
    HandClock,
    Notebook,
    events_in,
    ids_in,
    pages_of,
    surroundings,
)
from tests.connectors.zendesk.scripted import (
    CUSTOMER,
    START,
    ScriptedZendesk,
    comment,
    rating,
    stamp,
    ticket,
    ticket_event,
)


def connector(
    vendor: Any, clock: HandClock | None = None, notebook: Notebook | None = None, **settings: Any
) -> Zendesk:
    """A connector to this vendor."""
    return make(
        Settings.model_validate(
            {"subdomain": "acme", "oauth_token": "tok", "page_size": 2, **settings}
        ),
        surroundings(vendor, clock=clock, notebook=notebook, since=START),
    )


async def test_the_export_is_asked_by_time_once_and_by_cursor_ever_after() -> None:
    """The first call names the start, the others the cursor, also in the next pull."""
    vendor = ScriptedZendesk()
    first = await pages_of(connector(vendor))
    asked = [dict(query) for query in vendor.asked("tickets/cursor")]
    assert asked == [
        {"per_page": "2", "start_time": str(int(START.timestamp()))},
        {"per_page": "2", "cursor": "2"},
        {"per_page": "2", "cursor": "4"},
    ]
    vendor.calls.clear()
    await pages_of(connector(vendor), first[-1].checkpoint)
    assert [dict(query) for query in vendor.asked("tickets/cursor")] == [
        {"per_page": "2", "cursor": "5"}
    ]


async def test_what_is_added_later_is_all_that_comes_later() -> None:
    """A new ticket, comment and rating arrive on the next pull, and nothing that is old."""
    vendor = ScriptedZendesk()
    first = await pages_of(connector(vendor))
    vendor.tickets.append(ticket(6))
    vendor.events.append(ticket_event(50, 6, comment(150, CUSTOMER)))
    vendor.ratings.append(rating(290, 6, "bad"))
    second = await pages_of(connector(vendor), first[-1].checkpoint)
    new = set(ids_in(second)) - set(ids_in(first))
    assert {each.rsplit("/", 1)[0] for each in new} == {"ticket/6", "comment/6", "rating/290"}


async def test_ten_exports_a_minute() -> None:
    """All exports share ten calls a minute; lookups do not count."""
    clock, notebook = HandClock(), Notebook()
    moments: list[float] = []
    vendor = ScriptedZendesk(page=1, tickets=[ticket(n) for n in range(1, 16)])

    def timed(request: httpx.Request) -> httpx.Response:
        if "/incremental/" in request.url.path:
            moments.append(clock.monotonic())
        return vendor(request)

    await pages_of(connector(timed, clock, notebook))
    assert len(moments) > 20
    for index, moment in enumerate(moments[10:]):
        assert moment - moments[index] >= 60.0
    assert {reason for _, _, reason in notebook.waits} == {"budget"}


async def test_the_limit_in_the_header_is_believed() -> None:
    """Somebody else used the ten calls: remaining=0; resets=41 waits forty-one seconds."""
    clock = HandClock()
    vendor = ScriptedZendesk()

    def handler(request: httpx.Request) -> httpx.Response:
        answer = vendor(request)
        if len(vendor.calls) == 1:
            answer.headers["Zendesk-RateLimit-Incremental-Exports-Cursor"] = (
                "total=10; remaining=0; resets=41"
            )
        return answer

    await pages_of(connector(handler, clock))
    assert clock.slept[0] == 41.0


async def test_a_conflict_is_tried_again() -> None:
    """409 is Zendesk's way to say: another call was in the way."""
    vendor, clock = ScriptedZendesk(), HandClock()
    answered: list[int] = []

    def handler(request: httpx.Request) -> httpx.Response:
        answered.append(409 if not answered else 200)
        return httpx.Response(409) if answered[-1] == 409 else vendor(request)

    pages = await pages_of(connector(handler, clock))
    assert set(ids_in(pages)) == set(ScriptedZendesk.EXPECTED)


async def test_the_last_minute_is_never_asked_for() -> None:
    """A bookmark within the withheld minute waits for the next pull instead of being refused."""
    vendor = ScriptedZendesk()
    recent = int((NOW - timedelta(seconds=30)).timestamp())
    checkpoint = {
        "since": str(recent),
        "events": str(recent),
        "ratings": str(recent),
        "tickets": "5",
    }
    await pages_of(connector(vendor), checkpoint)
    assert vendor.asked("ticket_events") == []


async def test_a_source_that_begins_now_begins_a_minute_ago() -> None:
    """A start within the withheld minute would be refused; the next pull goes on from there."""
    asked: list[int] = []

    def handler(request: httpx.Request) -> httpx.Response:
        if "start_time" in request.url.params and "tickets" in request.url.path:
            asked.append(int(request.url.params["start_time"]))
        return httpx.Response(
            200, json={"tickets": [], "after_cursor": None, "end_of_stream": True}
        )

    settings = Settings.model_validate({"subdomain": "acme", "oauth_token": "t", "csat": False})
    await pages_of(make(settings, surroundings(handler, since=NOW)))
    assert asked == [int(NOW.timestamp()) - 61]


async def test_events_overlap_by_a_minute_and_never_go_back_behind_the_start() -> None:
    """The vendor's index may be late; the repeats have the ids they had."""
    vendor = ScriptedZendesk()
    first = await pages_of(connector(vendor))
    bookmark = int(first[-1].checkpoint["events"])
    vendor.calls.clear()
    second = await pages_of(connector(vendor), first[-1].checkpoint)
    assert vendor.asked("ticket_events")[0]["start_time"] == str(bookmark - 60)
    assert set(ids_in(second)) <= set(ids_in(first))
    vendor.calls.clear()
    await pages_of(connector(vendor))
    assert vendor.asked("ticket_events")[0]["start_time"] == str(int(START.timestamp()))


async def test_people_are_asked_for_once_a_pull_a_hundred_at_a_time() -> None:
    """250 requesters cost three calls, however often they wrote."""
    vendor = ScriptedZendesk(
        page=500,
        tickets=[ticket(n, requester_id=1000 + n % 250) for n in range(1, 501)],
        events=[],
        ratings=[],
    )
    vendor.tickets = [
        {**each, "created_at": stamp(START), "updated_at": stamp(START)} for each in vendor.tickets
    ]
    vendor.page = 100
    await pages_of(connector(vendor, page_size=100))
    assert len(vendor.asked("tickets/cursor")) == 5
    assert [len(query["ids"].split(",")) for query in vendor.asked("users/show_many")] == [
        100,
        100,
        50,
    ]
    assert len(vendor.asked("organizations/show_many")) == 1


async def test_streams_can_be_left_out() -> None:
    """Without comments and CSAT only the export is asked, and the other bookmarks stay."""
    vendor = ScriptedZendesk()
    pages = await pages_of(connector(vendor, comments=False, csat=False))
    assert {each.split("/")[0] for each in ids_in(pages)} == {"ticket"}
    assert not vendor.asked("ticket_events")
    assert not vendor.asked("satisfaction_ratings")
    assert pages[-1].checkpoint["events"] == str(int(START.timestamp()))


async def test_filters_hold_for_comments_and_ratings_too() -> None:
    """What a ticket's tags exclude is excluded with all its parts."""
    vendor = ScriptedZendesk()
    vendor.tickets[0]["tags"] = ["internal"]
    pages = await pages_of(connector(vendor, without_tags=["internal"]))
    items = {event.data.item_id for event in events_in(pages)}
    assert "support:ticket:1" not in items
    assert "support:ticket:2" in items


async def test_a_comment_on_a_ticket_that_was_deleted_is_left_out() -> None:
    """show_many does not know it any more; nothing is dead-lettered for it."""
    pages = await pages_of(connector(ScriptedZendesk()))
    assert "comment/99/106" not in ids_in(pages)
    assert not [record for page in pages for record in page.dead]


async def test_the_dead_letter_holds_the_record_as_it_was() -> None:
    """Raw, with fields that we do not read, so that it can be mapped later."""
    vendor = ScriptedZendesk()
    vendor.tickets[0] |= {"created_at": "never", "extra": {"kept": True}}
    pages = await pages_of(connector(vendor))
    dead = [record for page in pages for record in page.dead]
    assert dead[0].record_id == "ticket/1"
    assert json.loads(dead[0].raw) == vendor.tickets[0]


async def test_a_rating_the_customer_adds_words_to_arrives_again() -> None:
    """Its time of change moves: another version of the same part."""
    vendor = ScriptedZendesk()
    first = await pages_of(connector(vendor))
    vendor.ratings[1] |= {
        "comment": "And nobody called back",
        "updated_at": stamp(START + timedelta(hours=40)),
    }
    second = events_in(await pages_of(connector(vendor), first[-1].checkpoint))
    changed = [event for event in second if event.id not in ids_in(first)]
    assert [event.data.part_id for event in changed] == ["rating:202"]
    assert changed[0].data.text == "And nobody called back"


async def test_ratings_are_asked_for_from_a_little_before_the_newest() -> None:
    """Ten minutes of overlap behind the newest rating of the last reading, none at the start."""
    vendor = ScriptedZendesk()
    first = await pages_of(connector(vendor))
    assert vendor.asked("satisfaction")[0]["start_time"] == str(int(START.timestamp()))
    vendor.calls.clear()
    await pages_of(connector(vendor), first[-1].checkpoint)
    newest = int((START + timedelta(hours=30, minutes=202)).timestamp())
    assert vendor.asked("satisfaction")[0]["start_time"] == str(newest - 600)


async def test_a_reading_of_ratings_goes_on_at_its_page() -> None:
    """Killed between two pages, the next pull asks for the second, of the same list."""
    vendor = ScriptedZendesk(page=1)
    whole = await pages_of(connector(vendor))
    asked = vendor.asked("satisfaction")
    between = next(page for page in whole if "rating_page" in page.checkpoint)
    vendor.calls.clear()
    rest = await pages_of(connector(vendor), between.checkpoint)
    assert dict(vendor.asked("satisfaction")[0]) == dict(asked[1])
    assert rest[-1].checkpoint == whole[-1].checkpoint


async def test_a_checkpoint_of_nonsense_stops_the_source() -> None:
    """It is named, and nobody is asked."""
    with pytest.raises(ConfigurationError, match="events"):
        await pages_of(connector(ScriptedZendesk()), {"events": "x"})


@pytest.mark.parametrize(
    ("user", "ok", "words"),
    [
        ({"id": 1, "role": "admin"}, True, "administrator"),
        ({"id": 1, "role": "agent"}, False, "administrator"),
        ({"id": None, "role": "end-user", "name": "Anonymous user"}, False, "credentials"),
    ],
)
async def test_health_tells_who_we_are(user: dict[str, Any], ok: bool, words: str) -> None:  # noqa: FBT001
    """An administrator may export; the anonymous user is what bad credentials look like."""
    health = await connector(lambda _: httpx.Response(200, json={"user": user})).health()
    assert health.ok is ok
    assert words in health.summary
    assert ok or health.remedy
