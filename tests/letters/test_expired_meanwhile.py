"""Letters that expire between somebody's look and somebody's hand."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, cast

from schemas.platform import DeadLetter, Origin, SettledAs
from schemas.topics import RECEIVED
from tests.letters.conftest import START
from workers.letters.box import LetterBox, Spot
from workers.letters.carry_out import Done, _Round
from workers.letters.letter import Fold, Letter, read_letter
from workers.processor import Record

Make = Callable[..., Record]


class Box:
    """Holds these records, of which the first is gone when its bytes are asked for."""

    def __init__(self, records: Sequence[Record]) -> None:
        self._records = records

    def read(self, spots: Sequence[Spot], *, to_the_end: bool = False) -> Fold:
        """The letters."""
        del spots, to_the_end
        return Fold(self._records)

    def raw(self, letters: Iterable[Letter]) -> Iterator[tuple[Letter, DeadLetter]]:
        """Their bytes, but for the first."""
        events = {one.offset: read_letter(one) for one in self._records[1:]}
        for letter in letters:
            event = events.get(letter.offset)
            if event is not None:
                yield letter, event.data


def test_what_is_gone_is_counted_and_settles_nothing(record: Make) -> None:
    """Nor is a stranger's record anybody's letter; both are told beside what was done."""
    records = [record(n, origin=Origin(topic=RECEIVED.name, partition=2, offset=n)) for n in (1, 2)]
    stranger = Record(records[0].topic, 0, 3, b"k", b"rubbish", 0, ())
    box = cast("LetterBox", Box([*records, stranger]))
    done = Done()
    _Round(
        box,
        None,
        [],
        lambda fold: fold.letters,
        lambda _letter, _raw: None,
        SettledAs.DROPPED,
        lambda: START,
    ).run(done, None)
    assert [letter.offset for letter in done.settled] == [2]
    assert (done.expired, done.unreadable, done.taken_on) == (1, 1, 2)
    assert not done.nothing


class Consumer:
    """Gives out these records from where it is told to stand."""

    def __init__(self, records: Sequence[Record]) -> None:
        self._records = records
        self._at = 0

    def assign(self, places: Sequence[Any]) -> None:
        """One partition."""
        (self._place,) = places

    def seek(self, _place: Any, offset: int) -> None:
        """Stand there."""
        self._at = offset

    def poll(self, *, timeout_ms: int) -> dict[Any, list[Record]]:
        """What is left from there on."""
        del timeout_ms
        found = [one for one in self._records if one.offset >= self._at]
        self._at = found[-1].offset + 1
        return {self._place: found}


def test_bytes_that_are_gone_hold_up_no_others(record: Make) -> None:
    """The letter whose record has expired is left out, the ones after it are given."""
    records = [
        record(n, origin=Origin(topic=RECEIVED.name, partition=2, offset=n), value=b"%d" % n)
        for n in (3, 7, 8)
    ]
    box = LetterBox(Consumer(records[1:]), lambda **_settings: None)
    found = [(letter.offset, raw.value) for letter, raw in box.raw(Fold(records).letters)]
    assert found == [(7, b"7"), (8, b"8")]
