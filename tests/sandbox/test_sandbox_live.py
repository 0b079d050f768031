"""Life: what arrives while the simulator runs, and what a restart remembers."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox.company import Company
from connectors.sandbox.company.live import Session, arrivals
from connectors.sandbox.expectation import expectation
from connectors.sandbox.zendesk import make_app
from connectors.sandbox.zendesk.memory import StateMismatchError

CURSOR = "/api/v2/incremental/tickets/cursor.json"
EVERY = timedelta(seconds=6)


async def _tickets(client: Any) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    query: dict[str, Any] = {"start_time": 0}
    while True:
        page = (await client.get(CURSOR, params=query)).raise_for_status().json()
        found |= {ticket["id"]: ticket for ticket in page["tickets"]}
        if page["end_of_stream"]:
            return found
        query = {"cursor": page["after_cursor"]}


async def test_tickets_arrive_while_it_runs(desk: Any, clock: Any, company: Company) -> None:
    """After two minutes there are new tickets, none dated ahead of the clock."""
    known = {ticket.id for ticket in company.tickets}
    async with desk(live_every=EVERY) as client:
        assert set(await _tickets(client)) == known
        clock.advance(120)
        now = await _tickets(client)
    new = [ticket for ticket_id, ticket in now.items() if ticket_id not in known]
    assert 8 <= len(new) <= 40
    limit = int(clock.now().timestamp()) - 60
    assert all(ticket["generated_timestamp"] <= limit for ticket in now.values())


async def test_life_begins_at_once(desk: Any, clock: Any, company: Company) -> None:
    """Half a minute after the start something has arrived, although a minute is withheld."""
    async with desk(live_every=EVERY) as client:
        clock.advance(30)
        assert len(await _tickets(client)) > len(company.tickets)


async def test_a_cursor_sees_what_arrived_behind_it(desk: Any, clock: Any) -> None:
    """Going on from the last cursor shows arrivals and nothing else."""
    async with desk(live_every=EVERY) as client:
        query: dict[str, Any] = {"start_time": 0}
        page: dict[str, Any] = {"end_of_stream": False}
        while not page["end_of_stream"]:
            page = (await client.get(CURSOR, params=query)).json()
            query = {"cursor": page["after_cursor"]}
        newest = page["tickets"][-1]["generated_timestamp"]
        clock.advance(90)
        more = (await client.get(CURSOR, params=query)).json()["tickets"]
    assert more
    assert all(ticket["generated_timestamp"] > newest for ticket in more)


def test_arrivals_are_a_function_of_seed_and_session(company: Company) -> None:
    """The same session brings the same arrivals, another one brings others."""
    before = {ticket.id: ticket for ticket in company.tickets}
    one, two = Session(0, company.now), Session(1, company.now)
    first = list(arrivals(company, one, EVERY, before))
    assert first == list(arrivals(company, one, EVERY, before))
    other = list(arrivals(company, two, EVERY, before))
    assert {t.id for t in first} & {t.id for t in other} <= set(before)


def test_system_updates_move_only_the_generated_time(company: Company) -> None:
    """Some arrivals are tickets of which nothing but generated_at has changed."""
    before = {ticket.id: ticket for ticket in company.tickets}
    state = dict(before)
    moved = 0
    for ticket in arrivals(company, Session(0, company.now), EVERY, before):
        old = state.get(ticket.id)
        if old is not None and ticket.updated_at == old.updated_at:
            assert ticket.generated_at > old.generated_at
            assert ticket.comments == old.comments
            moved += 1
        state[ticket.id] = ticket
    assert moved > 5


def test_a_demo_left_alone_slows_down(company: Company) -> None:
    """The pace falls, and a session ends: nobody finds ten thousand messages in the morning."""
    before = {ticket.id: ticket for ticket in company.tickets}
    times = [t.generated_at for t in arrivals(company, Session(0, company.now), EVERY, before)]
    assert len(times) == 999
    assert times == sorted(times)
    assert times[40] - times[0] < timedelta(minutes=10)
    assert times[-1] - times[-40] > timedelta(hours=1)


async def test_a_restart_shows_the_same_world(desk: Any, clock: Any, tmp_path: Path) -> None:
    """What was seen before a stop is there after it, unchanged, and the pause brought nothing."""
    state = tmp_path / "zendesk.jsonl"
    async with desk(state=state, live_every=EVERY) as client:
        clock.advance(100)
        before = await _tickets(client)
    clock.advance(3_600)
    async with desk(state=state, live_every=EVERY) as client:
        after = await _tickets(client)
    assert after == before


async def test_what_was_not_shown_did_not_happen(desk: Any, clock: Any, tmp_path: Path) -> None:
    """Arrivals that nobody had asked for when the simulator stopped do not pile up."""
    state = tmp_path / "zendesk.jsonl"
    async with desk(state=state, live_every=EVERY) as client:
        before = await _tickets(client)
    clock.advance(86_400)
    async with desk(state=state, live_every=EVERY) as client:
        assert await _tickets(client) == before
        clock.advance(90)
        assert len(await _tickets(client)) > len(before)


def test_a_state_file_of_another_seed_is_refused(tmp_path: Path) -> None:
    """The error names both seeds and what to do."""
    state = tmp_path / "zendesk.jsonl"
    make_app(seed=1, state=state)
    with pytest.raises(StateMismatchError, match="seed 1, not to 2: use that seed, or remove"):
        make_app(seed=2, state=state)


async def test_a_paused_simulator_shows_what_had_arrived(
    desk: Any, clock: Any, tmp_path: Path
) -> None:
    """Nothing is new, nothing is forgotten, and no session is counted that has brought nothing."""
    state = tmp_path / "zendesk.jsonl"
    async with desk(state=state, live_every=EVERY) as client:
        clock.advance(100)
        before = await _tickets(client)
    remembered = state.read_bytes()
    clock.advance(3_600)
    async with desk(state=state, live_every=EVERY, paused=True) as client:
        assert await _tickets(client) == before
        clock.advance(600)
        assert await _tickets(client) == before
    assert state.read_bytes() == remembered


async def test_expectation_tells_apart_what_has_arrived(
    desk: Any, clock: Any, company: Company, tmp_path: Path
) -> None:
    """What must arrive is of the founding; what is new or changed since is told beside it."""
    state = tmp_path / "zendesk.jsonl"
    async with desk(state=state, live_every=EVERY) as client:
        clock.advance(100)
        shown = await _tickets(client)
        live = (await client.get("/_sandbox/expectation")).json()["sources"]["support"]
    async with desk(state=state, live_every=EVERY, paused=True) as client:
        paused = (await client.get("/_sandbox/expectation")).json()["sources"]["support"]
    assert paused == live
    refused = {int(each["record_id"].split("/")[1]) for each in live["refused"]}
    assert len(refused) == 3
    first = {f"support:ticket:{one.id}" for one in company.tickets if one.id not in refused}
    assert set(live["items"]) == set(live["parts"]) == first
    items = {f"support:ticket:{ticket_id}" for ticket_id in shown if ticket_id not in refused}
    assert first | set(live["later"]) == items


def test_what_is_told_of_arrivals_is_every_version(company: Company) -> None:
    """A ticket's opening has a version an arrival; a new reply or rating comes once."""
    before = {ticket.id: ticket for ticket in company.tickets}
    seen, now = Counter[int](), dict(before)
    for ticket in islice(arrivals(company, Session(0, company.now), EVERY, before), 300):
        seen[ticket.id] += 1
        now[ticket.id] = ticket
    told = expectation(company, arrived=[(now[id_], times) for id_, times in seen.items()])
    support = told.sources["support"]
    assert replace(support, later={}) == expectation(company).sources["support"]
    assert {item: parts["opening"] for item, parts in support.later.items()} == {
        f"support:ticket:{id_}": times for id_, times in seen.items()
    }
    kinds = {part.split(":")[0] for parts in support.later.values() for part in parts}
    assert kinds == {"opening", "comment", "rating"}
    once = [parts[part] for parts in support.later.values() for part in parts if part != "opening"]
    assert set(once) == {1}


def test_what_was_said_before_the_founding_does_not_arrive_anew(company: Company) -> None:
    """A ticket that changes is shown again with its old words, which are no new versions."""
    talked = next(one for one in company.tickets if one.rating and len(one.comments) > 1)
    support = expectation(company, arrived=[(talked, 2)]).sources["support"]
    item = f"support:ticket:{talked.id}"
    assert len(support.parts[item]) > 1
    assert support.later == {item: {"opening": 2}}
