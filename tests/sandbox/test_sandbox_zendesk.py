"""The simulated Zendesk over HTTP: each documented quirk can be seen from outside."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.sandbox.company import Company
from connectors.sandbox.company.oddities import REFUSED
from connectors.sandbox.zendesk.options import AGENT_EMAIL, API_TOKEN, OAUTH_TOKEN

CURSOR = "/api/v2/incremental/tickets/cursor.json"
EVENTS = "/api/v2/incremental/ticket_events.json"
RATINGS = "/api/v2/satisfaction_ratings.json"


async def every_ticket(client: httpx.AsyncClient, **params: Any) -> list[dict[str, Any]]:
    """All pages of the cursor export."""
    tickets: list[dict[str, Any]] = []
    query: dict[str, Any] = {"start_time": 0} | params
    while True:
        page = (await client.get(CURSOR, params=query)).raise_for_status().json()
        tickets += page["tickets"]
        if page["end_of_stream"]:
            return tickets
        query = params | {"cursor": page["after_cursor"]}


async def test_strangers_are_turned_away(desk: Any) -> None:
    """Without credentials, or with wrong ones, the answer is 401."""
    async with desk() as client:
        for auth in (("ines@larkfield.example/token", "wrong"), ("nobody@x.example/token", "x")):
            assert (await client.get(CURSOR, auth=httpx.BasicAuth(*auth))).status_code == 401
        nobody = await client.get("/api/v2/users/me.json", auth=lambda request: request)
        assert nobody.status_code == 401
        mail_and_password = httpx.BasicAuth("ines@larkfield.example", API_TOKEN)
        assert (await client.get(CURSOR, auth=mail_and_password)).status_code == 401


async def test_exports_are_for_administrators(desk: Any) -> None:
    """An agent may look people up but not export."""
    agent = httpx.BasicAuth(f"{AGENT_EMAIL}/token", API_TOKEN)
    async with desk() as client:
        assert (await client.get(CURSOR, params={"start_time": 0}, auth=agent)).status_code == 403
        me = (await client.get("/api/v2/users/me.json", auth=agent)).json()
        assert me["user"]["role"] == "agent"


async def test_an_oauth_token_is_as_good(desk: Any) -> None:
    """A bearer token belongs to the administrator."""

    def bearer(request: httpx.Request) -> httpx.Request:
        request.headers["authorization"] = f"Bearer {OAUTH_TOKEN}"
        return request

    async with desk() as client:
        me = (await client.get("/api/v2/users/me.json", auth=bearer)).json()
        assert me["user"]["role"] == "admin"


async def test_export_shows_every_ticket_and_some_twice(desk: Any, company: Company) -> None:
    """All tickets come, the chosen ones twice, ordered by generated_timestamp."""
    async with desk(page_size=37) as client:
        records = await every_ticket(client)
    ids = [record["id"] for record in records]
    assert set(ids) == {ticket.id for ticket in company.tickets}
    assert {i for i in ids if ids.count(i) == 2} == company.repeated
    stamps = [record["generated_timestamp"] for record in records]
    assert stamps == sorted(stamps)


async def test_an_empty_page_is_not_the_end(desk: Any, company: Company) -> None:
    """Somewhere in the export there are empty pages with end_of_stream false."""
    async with desk(page_size=50) as client:
        query: dict[str, Any] = {"start_time": 0}
        empty, end = 0, False
        while not end:
            page = (await client.get(CURSOR, params=query)).json()
            end = page["end_of_stream"]
            empty += not page["tickets"] and not end
            query = {"cursor": page["after_cursor"]}
    last = max(company.tickets, key=lambda t: (t.generated_at, t.id)).id
    assert empty == len(company.gaps - {last})


async def test_a_cursor_at_the_end_stays_good(desk: Any) -> None:
    """The last cursor gives an empty page at the end, again and again."""
    async with desk() as client:
        query: dict[str, Any] = {"start_time": 0}
        page: dict[str, Any] = {"end_of_stream": False}
        while not page["end_of_stream"]:
            page = (await client.get(CURSOR, params=query)).json()
            query = {"cursor": page["after_cursor"]}
        again = (await client.get(CURSOR, params=query)).json()
        assert again["tickets"] == []
        assert again["end_of_stream"] is True
        assert again["after_cursor"] == page["after_cursor"]


async def test_updated_at_may_lie_before_start_time(desk: Any, company: Company) -> None:
    """The export goes by generated_timestamp, which system updates move alone."""
    moved = next(
        t
        for t in company.tickets
        if not t.oddity and (t.generated_at - t.updated_at).total_seconds() > 3_600
    )
    start = int(moved.updated_at.timestamp()) + 60
    async with desk() as client:
        records = await every_ticket(client, start_time=start)
    assert moved.id in {record["id"] for record in records}


async def test_the_last_minute_is_withheld(desk: Any, clock: Any, company: Company) -> None:
    """Seen a moment after its change a ticket is not in the export, a minute later it is."""
    newest = max(company.tickets, key=lambda t: (t.generated_at, t.id))
    clock.at = newest.generated_at
    clock.advance(30)
    async with desk() as client:
        assert newest.id not in {t["id"] for t in await every_ticket(client)}
        clock.advance(31)
        assert newest.id in {t["id"] for t in await every_ticket(client)}


async def test_sideloads_bring_people_and_firms(desk: Any) -> None:
    """include=users,organizations adds those of the page, once each."""
    async with desk() as client:
        query = {"start_time": 0, "per_page": 5, "include": "users,organizations"}
        page = (await client.get(CURSOR, params=query)).json()
        plain = (await client.get(CURSOR, params={"start_time": 0})).json()
    users = {user["id"] for user in page["users"]}
    assert {t["requester_id"] for t in page["tickets"]} <= users
    assert len(users) == len(page["users"])
    firms = {o["id"] for o in page["organizations"]}
    assert {t["organization_id"] for t in page["tickets"]} == firms
    assert "users" not in plain


async def test_export_calls_are_limited(desk: Any, clock: Any) -> None:
    """The eleventh export within a minute gets 429 and Retry-After; other calls go on."""
    async with desk(per_minute=10) as client:
        for left in range(9, -1, -1):
            answer = await client.get(CURSOR, params={"start_time": 0})
            assert f"remaining={left};" in answer.headers["zendesk-ratelimit-incremental-exports"]
            clock.advance(2)
        refused = await client.get(EVENTS, params={"start_time": 0})
        assert refused.status_code == 429
        assert refused.headers["retry-after"] == "40"
        assert (await client.get("/api/v2/users/me.json")).status_code == 200
        clock.advance(40)
        assert (await client.get(EVENTS, params={"start_time": 0})).status_code == 200


async def test_conflicts_happen_now_and_then(desk: Any) -> None:
    """With conflict_every=3 each third export answers 409 and the repeat works."""
    async with desk(conflict_every=3) as client:
        answers = [
            (await client.get(CURSOR, params={"start_time": 0})).status_code for _ in range(6)
        ]
    assert answers == [200, 200, 409, 200, 200, 409]


async def test_events_carry_words_only_when_asked(desk: Any, company: Company) -> None:
    """Comment bodies need include=comment_events; without it there are booleans."""
    first = min(company.tickets, key=lambda t: (t.created_at, t.id))
    async with desk() as client:
        query = {"start_time": 0, "per_page": 1}
        plain = (await client.get(EVENTS, params=query)).json()["ticket_events"][0]
        full = (await client.get(EVENTS, params=query | {"include": "comment_events"})).json()
    said = [c for c in plain["child_events"] if c["event_type"] == "Comment"]
    assert said[0]["comment_present"] is True
    assert "body" not in said[0]
    event = full["ticket_events"][0]
    assert event["ticket_id"] == first.id
    bodies = [c["body"] for c in event["child_events"] if c["event_type"] == "Comment"]
    assert bodies == [first.description]


async def test_internal_notes_are_not_public(desk: Any, company: Company) -> None:
    """Notes among agents are exported, marked as not public."""
    notes = {c.id for t in company.tickets for c in t.comments if not c.public}
    found: dict[int, bool] = {}
    async with desk() as client:
        page = (
            await client.get(EVENTS, params={"start_time": 0, "include": "comment_events"})
        ).json()
        while True:
            for event in page["ticket_events"]:
                for child in event["child_events"]:
                    if child["event_type"] == "Comment":
                        found[child["id"]] = child["public"]
            if page["end_of_stream"]:
                break
            page = (await client.get(page["next_page"])).json()
    assert {i for i, public in found.items() if not public} == notes
    assert notes


async def test_a_start_within_the_last_minute_is_refused(desk: Any, clock: Any) -> None:
    """The vendor answers 422 to a start_time that is too recent."""
    now = int(clock.now().timestamp())
    async with desk() as client:
        recent = await client.get(EVENTS, params={"start_time": now - 30})
        assert recent.status_code == 422
        assert (await client.get(EVENTS, params={"start_time": now - 60})).status_code == 200
        assert (await client.get(EVENTS)).status_code == 400


async def test_ratings_are_paged_by_cursor(desk: Any, company: Company) -> None:
    """links.next leads through all received ratings, each once."""
    wanted = {
        t.rating.id for t in company.tickets if t.rating and t.rating.score in {"good", "bad"}
    }
    ids: list[int] = []
    async with desk() as client:
        answer = await client.get(RATINGS, params={"score": "received", "page[size]": 20})
        pages = 1
        while True:
            page = answer.json()
            assert len(page["satisfaction_ratings"]) <= 20
            ids += [rating["id"] for rating in page["satisfaction_ratings"]]
            assert page["meta"]["has_more"] == (page["links"]["next"] is not None)
            if not page["meta"]["has_more"]:
                break
            answer, pages = await client.get(page["links"]["next"]), pages + 1
    assert set(ids) == wanted
    assert len(ids) == len(wanted)
    assert pages == -(-len(wanted) // 20)


@pytest.mark.parametrize(
    ("score", "scores", "words"),
    [
        ("good", {"good"}, "any"),
        ("bad_with_comment", {"bad"}, "some"),
        ("received_without_comment", {"good", "bad"}, "none"),
        ("offered", {"offered"}, "any"),
    ],
)
async def test_ratings_can_be_filtered(
    desk: Any, company: Company, score: str, scores: set[str], words: str
) -> None:
    """The score filter takes the vendor's names."""
    expected = {
        t.rating.id
        for t in company.tickets
        if t.rating
        and t.rating.score in scores
        and words in {"any", "some" if t.rating.comment else "none"}
    }
    async with desk() as client:
        query = {"score": score, "page": 1, "per_page": 100}
        page = (await client.get(RATINGS, params=query)).json()
    assert page["count"] == len(expected) > 0
    assert {r["id"] for r in page["satisfaction_ratings"]} <= expected


async def test_ratings_can_be_asked_from_a_time_on(desk: Any, company: Company) -> None:
    """start_time leaves out what is older."""
    moments = sorted(t.rating.at for t in company.tickets if t.rating)
    middle = moments[-40]
    async with desk() as client:
        query = {"start_time": int(middle.timestamp()), "page[size]": 100}
        page = (await client.get(RATINGS, params=query)).json()
    expected = [m for m in moments if m >= middle]
    assert len(page["satisfaction_ratings"]) == len(expected)


async def test_show_many_takes_a_hundred_ids(desk: Any, company: Company) -> None:
    """Users, organisations and tickets are looked up by id; unknown ids are left out."""
    ticket = company.tickets[0]
    async with desk() as client:
        ids = f"{ticket.requester_id},1"
        users = (await client.get("/api/v2/users/show_many.json", params={"ids": ids})).json()
        assert [user["id"] for user in users["users"]] == [ticket.requester_id]
        query = {"ids": ticket.organisation_id}
        firms = (await client.get("/api/v2/organizations/show_many.json", params=query)).json()
        assert firms["organizations"][0]["organization_fields"]["plan"] == ticket.tags[-1]
        query = {"ids": ticket.id}
        tickets = (await client.get("/api/v2/tickets/show_many.json", params=query)).json()
        assert tickets["tickets"][0]["subject"] == ticket.subject
        many = {"ids": ",".join(str(i) for i in range(101))}
        refused = await client.get("/api/v2/users/show_many.json", params=many)
        assert refused.status_code == 400


async def test_users_and_organisations_are_exported(desk: Any, company: Company) -> None:
    """Both exports show everybody."""
    async with desk() as client:
        query = {"start_time": 0}
        users = (await client.get("/api/v2/incremental/users/cursor.json", params=query)).json()
        firms = (await client.get("/api/v2/incremental/organizations.json", params=query)).json()
    people = company.people
    assert {u["id"] for u in users["users"]} == {
        each.id for each in (*people.customers, *people.agents)
    }
    assert firms["count"] == len(people.organisations)


async def test_lying_records_are_served_as_they_are(desk: Any, company: Company) -> None:
    """The tickets to be refused show an impossible created_at."""
    lying = {t.id: t.oddity for t in company.tickets if t.oddity in REFUSED}
    async with desk() as client:
        shown = {t["id"]: t["created_at"] for t in await every_ticket(client)}
    values = {lying[i]: shown[i] for i in lying}
    assert values["no-creation-time"] is None
    assert values["no-such-day"].startswith("0000-00-00")
    assert values["future"] > "2036"


@pytest.mark.shared
@pytest.mark.parametrize("kind", ["tickets", "users"])
async def test_records_have_the_vendors_fields(desk: Any, shared: Path, kind: str) -> None:
    """Every field of the vendor's own sample is served, pages and records alike."""
    file = shared / "payloads" / "zendesk" / f"incremental_{kind}_cursor_response.json"
    sample = json.loads(file.read_text())
    async with desk() as client:
        query = {"start_time": 0}
        page = (await client.get(f"/api/v2/incremental/{kind}/cursor.json", params=query)).json()
    assert set(sample) <= set(page)
    assert set(sample[kind][0]) <= set(page[kind][0])


async def test_the_sample_export_is_short(desk: Any) -> None:
    """The sample endpoint shows fifty records at most."""
    async with desk() as client:
        page = await client.get("/api/v2/incremental/tickets/sample.json", params={"start_time": 0})
    assert len(page.json()["tickets"]) == 50


async def test_tally_counts_what_was_served(desk: Any, company: Company) -> None:
    """The simulator's own record tells how much was repeated."""
    async with desk() as client:
        await every_ticket(client)
        served = (await client.get("/_sandbox/counts")).json()["served"]["ticket"]
    assert served["records"] == len(company.tickets)
    assert served["repeated"] == len(company.repeated)


async def test_ticket_page_escapes_what_customers_wrote(desk: Any, company: Company) -> None:
    """The page of the ticket with a script shows it as text and allows no script."""
    ticket = next(t for t in company.tickets if t.oddity == "script")
    async with desk() as client:
        page = await client.get(f"/agent/tickets/{ticket.id}")
        assert (await client.get("/agent/tickets/1")).status_code == 404
    assert "<script" not in page.text
    assert "&lt;script&gt;" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
