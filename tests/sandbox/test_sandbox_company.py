"""The invented company: the same for the same seed, believable, and with the promised oddities."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.sandbox.company import Company, found
from connectors.sandbox.company.model import Office, Person
from connectors.sandbox.company.oddities import REFUSED
from connectors.sandbox.company.rhythm import is_weekend, local
from connectors.sandbox.company.words.phrasebook import phrasebook

SEEDS = st.integers(0, 10_000)
NOWS = st.integers(0, 1_000 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


def _writers(company: Company) -> dict[int, Person]:
    return {each.id: each for each in (*company.people.customers, *company.people.agents)}


@given(seed=SEEDS, now=NOWS)
@settings(max_examples=10, deadline=None)
def test_same_seed_and_moment_give_the_same_company(seed: int, now: datetime) -> None:
    """A company is a pure function of seed and moment."""
    assert found(seed, now) == found(seed, now)


def test_another_seed_gives_another_company(company: Company) -> None:
    """Two seeds do not tell the same story."""
    other = found(company.seed + 1, company.now)
    same = {t.description for t in company.tickets} & {t.description for t in other.tickets}
    assert len(same) < len(company.tickets) / 10


@given(seed=SEEDS, now=NOWS)
@settings(max_examples=10, deadline=None)
def test_volume_stays_within_the_promise(seed: int, now: datetime) -> None:
    """Sixty days hold three to four hundred tickets and four hundred survey answers."""
    company = found(seed, now)
    assert 290 <= len(company.tickets) <= 420
    assert len([row for row in company.history if not row.repeat]) == 400


@given(seed=SEEDS, now=NOWS)
@settings(max_examples=10, deadline=None)
def test_people_write_when_people_are_awake(seed: int, now: datetime) -> None:
    """Customers write in daytime of their own zone, agents in working hours of theirs."""
    company = found(seed, now)
    writers = _writers(company)
    for ticket in company.tickets:
        for comment in ticket.comments:
            writer = writers[comment.author_id]
            wall = local(comment.at, writer.office)
            if writer.role != "end-user":
                # a note follows an answer by minutes
                assert not is_weekend(wall.date())
                assert 8 <= wall.hour < 19, (ticket.id, wall)
            elif is_weekend(wall.date()):
                assert 9 <= wall.hour < 18, (ticket.id, wall)
            else:
                assert 7 <= wall.hour < 20, (ticket.id, wall)


def test_weekends_are_quiet_and_mondays_full(company: Company) -> None:
    """The week has a shape: a weekend day sees a fraction of a Monday."""
    days = Counter(local(t.created_at, Office.BERLIN).weekday() for t in company.tickets)
    assert days[5] + days[6] < days[0] / 2


@given(seed=SEEDS, now=NOWS)
@settings(max_examples=10, deadline=None)
def test_nothing_is_younger_than_the_export_shows(seed: int, now: datetime) -> None:
    """Everything is at least a minute old, so that a pull right away sees all of it."""
    company = found(seed, now)
    limit = company.now - timedelta(minutes=1)
    for ticket in company.tickets:
        moments = [ticket.created_at, ticket.updated_at, ticket.generated_at]
        moments += [comment.at for comment in ticket.comments]
        moments += [ticket.rating.at] if ticket.rating else []
        assert max(moments) <= limit
        assert ticket.created_at <= ticket.updated_at <= ticket.generated_at


@given(seed=SEEDS, now=NOWS)
@settings(max_examples=10, deadline=None)
def test_ids_are_unique(seed: int, now: datetime) -> None:
    """No two tickets, comments, audits or ratings share an id."""
    company = found(seed, now)
    tickets = [t.id for t in company.tickets]
    events = [i for t in company.tickets for c in t.comments for i in (c.id, c.audit_id, c.id + 1)]
    ratings = [t.rating.id for t in company.tickets if t.rating]
    for ids in (tickets, events, ratings):
        assert len(ids) == len(set(ids))


def test_each_oddity_occurs_once(company: Company) -> None:
    """Each kind of bad input is there exactly once, away from the newest tickets."""
    odd = Counter(ticket.oddity for ticket in company.tickets if ticket.oddity)
    assert odd == Counter(["script", "marks", "long", *REFUSED])
    newest = company.tickets[-20:]
    assert not any(ticket.oddity for ticket in newest)


def test_bad_input_is_really_bad(company: Company) -> None:
    """The odd tickets hold what their names say."""
    odd = {ticket.oddity: ticket for ticket in company.tickets if ticket.oddity}
    assert "<script>" in odd["script"].description
    assert "\u200b" in odd["marks"].description
    assert "\u202e" in odd["marks"].description
    assert len(odd["long"].description) == 100_000
    future = datetime.fromisoformat(str(odd["future"].overrides["created_at"]))
    assert future > company.now + timedelta(days=1_000)


def test_incident_brings_a_burst_of_urgent_tickets(company: Company) -> None:
    """On one working day a dozen tickets about the same outage arrive within hours."""
    burst = [t for t in company.tickets if "outage" in t.tags]
    assert len(burst) == 15
    assert {t.created_at.date() for t in burst} == {company.incident_day}
    assert max(t.created_at for t in burst) - min(t.created_at for t in burst) < timedelta(hours=6)
    assert not is_weekend(company.incident_day)
    assert sum(t.priority == "urgent" for t in burst) > len(burst) / 2


def test_nobody_sees_the_same_words_at_a_glance(company: Company) -> None:
    """Among any thirty tickets in a row, texts differ, and hardly a subject comes twice."""
    texts = [ticket.description for ticket in company.tickets]
    assert len(set(texts)) > 0.95 * len(texts)
    for start in range(0, len(company.tickets) - 30, 10):
        subjects = [ticket.subject.lower() for ticket in company.tickets[start : start + 30]]
        assert len(set(subjects)) >= 28


def test_four_languages_and_all_kinds_occur(company: Company) -> None:
    """Most write English, many German, some Spanish and French; every kind is there."""
    languages = Counter(ticket.language for ticket in company.tickets)
    kinds = Counter(ticket.kind for ticket in company.tickets)
    assert languages["en"] > languages["de"] > languages["es"] > 0
    assert languages["fr"] > 0
    expected = {"bug", "feature_request", "question", "complaint", "praise", "other"}
    assert set(kinds) == expected


def test_every_slot_of_every_phrase_can_be_filled() -> None:
    """No scenario refers to a slot that its language lacks, nor pairs unequal lists."""
    book = phrasebook()
    told = {"month", "soon", "clock"}
    for scenario in (*book.scenarios, book.incident):
        slots = dict.fromkeys((*book.manners[scenario.language].slots, *told), "x")
        ways = [way for sentence in scenario.sentences for way in sentence]
        for text in (*scenario.subjects, *ways):
            assert "{" not in text.format_map(slots)
        if scenario.paired:
            assert len(scenario.subjects) == len(scenario.sentences[0]), scenario.id


def test_mail_addresses_belong_to_nobody(company: Company) -> None:
    """Every address ends in the domain that is reserved for examples, and is unique."""
    addresses = [person.email for person in _writers(company).values() if person.email]
    assert all(address.endswith(".example") for address in addresses)
    assert len(addresses) == len(set(addresses))
