"""A letter as the newest of its records says it is."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.platform import ErrorClass, Origin, RawHeader, SettledAs
from schemas.topics import RECEIVED, ROUTED
from workers.letters.choice import LetterFilter, UnclearIdError, named
from workers.letters.decision import settlement
from workers.letters.letter import Fold, Letter, read_letter
from workers.processor import Record

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
Make = Callable[..., Record]


def closing(letter: Letter, offset: int, outcome: SettledAs = SettledAs.REPLAYED) -> Record:
    """The record that settles a letter."""
    write = settlement(letter, outcome, NOON)
    assert write.partition == letter.partition
    return Record(write.topic, letter.partition, offset, write.key, write.value, 0)


def origin(offset: int, topic: str = RECEIVED.name) -> Origin:
    """A place in a topic."""
    return Origin(topic=topic, partition=2, offset=offset)


def test_a_letter_is_open_until_it_is_settled(record: Make) -> None:
    """The closing record settles the letter and tells when and how."""
    first = record(5)
    (letter,) = Fold([first]).letters
    assert letter.settled is None
    assert (letter.id, letter.offset, letter.size) == (f"{RECEIVED.name}/2/41", 5, 3)
    (closed,) = Fold([first, closing(letter, 6, SettledAs.DROPPED)]).letters
    assert closed.settled is not None
    assert (closed.settled.outcome, closed.settled.settled_at) == (SettledAs.DROPPED, NOON)
    assert (closed.offset, closed.size) == (5, 3)


def test_a_letter_in_memory_holds_no_bytes_of_its_record(record: Make) -> None:
    """Ten thousand letters of half a MiB are looked through; the bytes stay in Kafka."""
    headers = (RawHeader(name="h", value=b64encode(b"words")),)
    (letter,) = Fold([record(5, value=b"words", raw_headers=headers)]).letters
    assert (letter.data.value, letter.data.raw_headers, letter.size) == (b"", None, 5)


def test_a_failure_after_a_settlement_opens_the_letter_again(record: Make) -> None:
    """The same record that failed again is one letter, open, with its attempts."""
    first = record(5)
    (letter,) = Fold([first]).letters
    again = record(9, attempts=2, at=NOON)
    (opened,) = Fold([first, closing(letter, 6), again]).letters
    assert opened.settled is None
    assert (opened.data.attempts, opened.offset) == (2, 9)


VENDORS = {
    "origin": Origin(topic=RECEIVED.name, source_name="support", record_id="7"),
    "letter_id": "support/7",
    "key": None,
}


def test_failures_of_a_connectors_record_are_counted(record: Make) -> None:
    """A connector says one attempt and now; together its letters say how often and since when."""
    (letter,) = Fold(
        [record(5, at=NOON, **VENDORS), record(6, at=NOON + timedelta(hours=1), **VENDORS)]
    ).letters
    assert (letter.data.attempts, letter.data.first_failed_at) == (2, NOON)
    assert letter.data.last_failed_at == NOON + timedelta(hours=1)
    assert letter.offset == 6


@pytest.mark.parametrize(
    ("first", "second", "outcome", "stays"),
    [
        ({"value": b"a"}, {"value": b"a"}, SettledAs.DROPPED, True),
        ({"value": b"a"}, {"value": b"b"}, SettledAs.DROPPED, False),
        ({"value": b"a", "truncated": True}, {"value": b"a"}, SettledAs.DROPPED, False),
        ({"value": b"a", "truncated": True}, {"value": b"a", "truncated": True},
         SettledAs.DROPPED, False),
        ({"value": b"a", "truncated": True, "digest": "d"},
         {"value": b"a", "truncated": True, "digest": "d"}, SettledAs.DROPPED, True),
        ({"value": b"a", "digest": "d"}, {"value": b"a", "digest": "e"}, SettledAs.DROPPED, False),
        ({"value": b"a"}, {"value": b"a"}, SettledAs.REPLAYED, False),
    ],
)  # fmt: skip
def test_a_dropped_record_stays_dropped_while_its_source_gives_the_same(
    record: Make, first: dict[str, Any], second: dict[str, Any], outcome: SettledAs, *, stays: bool
) -> None:
    """What somebody has decided about a record holds until it is another one."""
    died = record(5, **VENDORS, **first)
    (letter,) = Fold([died]).letters
    (again,) = Fold([died, closing(letter, 6, outcome), record(7, **VENDORS, **second)]).letters
    assert (again.settled is not None) == stays
    assert again.data.attempts == 2


def test_a_workers_record_that_was_dropped_opens_when_it_fails_again(record: Make) -> None:
    """It came back because somebody has replayed it all the same."""
    (letter,) = Fold([record(5)]).letters
    (again,) = Fold([record(5), closing(letter, 6, SettledAs.DROPPED), record(7)]).letters
    assert again.settled is None


def test_a_settlement_repeats_the_letter_without_its_bytes(record: Make) -> None:
    """What the record held is not written a second time; the facts are."""
    (letter,) = Fold([record(5, value=b"the customer's words", key=b"item")]).letters
    closed = closing(letter, 6)
    assert b"the customer's words" not in (closed.value or b"")
    read = read_letter(closed)
    assert read is not None
    assert (read.data.key, read.data.value, read.data.headers) == (None, b"", {})
    assert b"dGhlIGN1" not in (closed.value or b"")
    assert closed.key == b"item"
    (only,) = Fold([record(5), closed]).letters
    assert only.data.message == "why"


def test_a_settlement_without_its_letter_is_nothing(record: Make) -> None:
    """When the failure is past its retention, there is nothing left to show."""
    (letter,) = Fold([record(5)]).letters
    assert Fold([closing(letter, 6)]).letters == ()


def test_two_roles_that_fail_on_one_record_have_two_letters(record: Make) -> None:
    """Settling the one leaves the other open."""
    mine, other = record(1), record(2, role="kpis")
    letter = next(each for each in Fold([mine, other]).letters if each.data.role == "kpis")
    states = {
        each.data.role: each.settled is not None
        for each in Fold([mine, other, closing(letter, 3)]).letters
    }
    assert states == {"feedback": False, "kpis": True}


@pytest.mark.parametrize("value", [None, b"", b"rubbish", b"{}", b"\xff"])
def test_what_is_no_letter_is_counted(record: Make, value: bytes | None) -> None:
    """A stranger's record stops nobody from reading the letters around it."""
    fold = Fold([record(1), replace(record(2), value=value), replace(record(3), topic="x.dlq")])
    assert len(fold.letters) == 1
    assert [stranger.offset for stranger in fold.unreadable] == [2, 3]


def test_the_newest_failure_comes_last(record: Make) -> None:
    """Letters are in the order of their last failure, whatever the order of their records."""
    times = [NOON, NOON - timedelta(hours=2), NOON + timedelta(hours=1)]
    records = [record(n, origin=origin(n), at=at) for n, at in enumerate(times)]
    assert [letter.offset for letter in Fold(records).letters] == [1, 0, 2]


@given(st.lists(st.sampled_from(["fails", "replayed", "dropped"]), max_size=8))
def test_the_last_word_counts(story: list[str]) -> None:
    """Whatever happened before, a letter is open exactly when its newest record is a failure."""
    from tests.letters.conftest import letter_record

    records: list[Record] = []
    failures = 0
    for offset, word in enumerate(story):
        if word == "fails":
            failures += 1
            records.append(letter_record(offset, attempts=failures))
        elif failures:
            (letter,) = Fold(records).letters
            records.append(closing(letter, offset, SettledAs(word)))
    letters = Fold(records).letters
    assert len(letters) == (1 if failures else 0)
    for letter in letters:
        last = story[-1]
        expected = None if last == "fails" else last
        assert (letter.settled.outcome.value if letter.settled else None) == expected
        assert letter.data.attempts == failures


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (LetterFilter(), {1, 2, 3}),
        (LetterFilter(settled_too=True), {1, 2, 3, 4}),
        (LetterFilter(topic=ROUTED.name), {2}),
        (LetterFilter(error_class=ErrorClass.DECODE), {3}),
        (LetterFilter(since=NOON), {2, 3}),
        (LetterFilter(until=NOON), {1}),
        (LetterFilter(since=NOON, until=NOON + timedelta(hours=1)), {2}),
        (LetterFilter(key=b"k2"), {2}),
        (LetterFilter(source="support"), {3}),
        (LetterFilter(id_prefix="support/"), {3}),
        (LetterFilter(id_prefix="support/", topic=ROUTED.name), set()),
        (LetterFilter(error_class=ErrorClass.PROCESS, settled_too=True), {1, 2, 4}),
    ],
)
def test_filters_narrow(record: Make, chosen: LetterFilter, expected: set[int]) -> None:
    """Each filter leaves out what it does not mean; several narrow together."""
    sources = Origin(topic=RECEIVED.name, source_name="support", record_id="ticket/7")
    later = NOON + timedelta(hours=1)
    records = [
        record(1, origin=origin(1), key=b"k1"),
        record(2, origin=origin(2, ROUTED.name), key=b"k2", at=NOON),
        record(
            3,
            origin=sources,
            letter_id="support/ticket/7",
            key=None,
            at=later,
            error_class=ErrorClass.DECODE,
        ),
        record(4, origin=origin(4), at=NOON - timedelta(hours=1)),
    ]
    fourth = Fold(records[3:]).letters[0]
    letters = Fold([*records, closing(fourth, 5)]).letters
    assert {letter.offset for letter in letters if chosen.matches(letter)} == expected
    assert chosen.narrows == (chosen not in {LetterFilter(), LetterFilter(settled_too=True)})


def test_a_time_is_that_of_the_last_failure(record: Make) -> None:
    """A letter that failed first long ago, and again in the time asked for, is meant."""
    first = NOON - timedelta(days=30)
    (letter,) = Fold([record(1, at=NOON, first_failed_at=first, attempts=2)]).letters
    assert LetterFilter(since=NOON).matches(letter)
    assert not LetterFilter(until=NOON).matches(letter)


def test_an_id_is_found_whole_or_by_its_beginning(record: Make) -> None:
    """A whole id wins over longer ones that begin so; a beginning of several is refused."""
    letters = Fold([record(n, origin=origin(n)) for n in (4, 41, 5)]).letters
    place = f"{RECEIVED.name}/2/"
    assert named(letters, f"{place}4").offset == 4
    assert named(letters, f"{place}41").offset == 41
    assert named(letters[:1], RECEIVED.name).offset == 4
    with pytest.raises(UnclearIdError, match=r"several ids: .*2/4 .*2/41"):
        named(letters, place)
    with pytest.raises(UnclearIdError, match="no dead letter"):
        named(letters, "nowhere")
