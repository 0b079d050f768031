"""The history file: what a survey tool exported before anybody connected it.

Some four hundred answers to "how likely are you to recommend us", from half a year. A few
lines are wrong in the ways such files are wrong, and a few stand in it twice.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from connectors.sandbox.company.model import Office, SurveyRow
from connectors.sandbox.company.people import People
from connectors.sandbox.company.rhythm import customer_moment, is_weekend, local
from connectors.sandbox.company.words.deck import Deck
from connectors.sandbox.company.words.phrasebook import Phrasebook

__all__ = ["COLUMNS", "FILE_TIME_ZONE", "history", "history_file"]

COLUMNS = (
    *("response_id", "answered_at", "score", "comment", "respondent", "email"),
    *("company", "plan", "language"),
)
FILE_TIME_ZONE = Office.BERLIN.value
"""Times in the file name no zone; they are meant in this one."""
_ANSWERS = 400
_DAYS = 180
_SILENT = 0.3
"""Share of answers that are a score without words."""
_SCORES = (10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
_WEIGHTS = (24, 22, 18, 12, 8, 5, 4, 3, 2, 1, 1)
_PROMOTER, _PASSIVE = 9, 7
_TWICE = 3
_QUIET = timedelta(minutes=2)


def history(seed: int, now: datetime, people: People, book: Phrasebook) -> tuple[SurveyRow, ...]:
    """The lines behind the heading, oldest first; line numbers count from 1 for the heading."""
    rng = random.Random(f"{seed}/surveys")  # noqa: S311 - data, not a secret
    respondents = _Respondents(people, book, rng)
    moments = sorted(_moments(now, rng), key=lambda each: each[0])
    answers = [
        respondents.answer(f"R-{20_400 + number * 3}", at, office)
        for number, (at, office) in enumerate(moments)
    ]
    rows = _with_faults(answers, now, rng)
    for row in rng.sample([each for each in rows if not each.fault], k=_TWICE):
        rows.append(replace(row, repeat=True))
    return tuple(_numbered(rows))


def _moments(now: datetime, rng: random.Random) -> Iterator[tuple[datetime, Office]]:
    """Answers come in on working days, more of them lately."""
    found = 0
    while found < _ANSWERS:
        office = rng.choice((Office.BERLIN, Office.CHICAGO))
        day = (local(now, office) - timedelta(days=_DAYS * rng.random() ** 1.2)).date()
        at = customer_moment(day, office, rng).replace(second=0)
        if not is_weekend(day) and at < now - _QUIET:
            found += 1
            yield at, office


class _Respondents:
    """People answering; every choice comes from ``rng``."""

    def __init__(self, people: People, book: Phrasebook, rng: random.Random) -> None:
        self._people = people
        self._rng = rng
        self._decks = {band: Deck(words, rng) for band, words in book.survey.items()}

    def answer(self, identifier: str, at: datetime, office: Office) -> SurveyRow:
        """One answer of somebody who shares the office's day."""
        rng = self._rng
        person = rng.choice(self._people.of(office))
        score = rng.choices(_SCORES, _WEIGHTS)[0]
        band = "promoter" if score >= _PROMOTER else "passive" if score >= _PASSIVE else "detractor"
        silent = rng.random() < _SILENT
        words = "" if silent else self._decks[f"{band}.{person.language}"].deal()
        firm = self._people.organisation(person.organisation_id)
        cells = (
            identifier,
            _wall(at),
            str(score),
            words,
            person.name,
            person.email or "",
            firm.name if firm else "",
            firm.plan if firm else "",
            person.language,
        )
        return SurveyRow(cells=cells, at=at)


def _wall(at: datetime) -> str:
    return at.astimezone(ZoneInfo(FILE_TIME_ZONE)).strftime("%Y-%m-%d %H:%M")


def _with_faults(rows: Sequence[SurveyRow], now: datetime, rng: random.Random) -> list[SurveyRow]:
    """The rows, eight of the older ones spoilt, and two odd but sound."""
    found = list(rows)
    places = rng.sample(range(len(rows) // 2), k=10)

    def spoil(place: int, fault: str, **cells: str) -> None:
        row = found[place]
        named = dict(zip(COLUMNS, row.cells, strict=True)) | cells
        found[place] = replace(row, cells=tuple(named.values()), fault=fault)

    later = (now + timedelta(days=730)).astimezone(UTC)
    spoil(places[0], "the score is a word", score="eleven")
    spoil(places[1], "the score is above its scale", score="11")
    spoil(places[2], "the score is negative", score="-1")
    spoil(places[3], "there is no such day", answered_at="2026-02-31 10:15")
    spoil(places[4], "it was answered in two years", answered_at=_wall(later))
    spoil(places[5], "nothing was said", score="", comment="")
    short = found[places[6]]
    found[places[6]] = replace(short, cells=short.cells[:3], fault="the row ends too early")
    # written by a spreadsheet on Windows: one line is not UTF-8 like the others
    spoil(places[7], "the line is not UTF-8", comment="Müller sagt: läuft nicht")
    found[places[7]] = replace(found[places[7]], encoding="cp1252")
    spoil(places[8], "", comment='Love it,\nespecially the <b>calendar</b> & the "board".')
    spoil(places[9], "", comment="<script>alert('nps')</script> works for me")
    return found


def _numbered(rows: Sequence[SurveyRow]) -> Iterator[SurveyRow]:
    line = 2
    for row in rows:
        yield replace(row, line=line)
        line += row.text.count("\n")


def history_file(rows: Sequence[SurveyRow]) -> bytes:
    """The file: UTF-8 but for what is wrong in it, fields separated by commas."""
    heading = SurveyRow(cells=COLUMNS)
    # a spreadsheet writes a question mark for what its encoding does not have, such as in a name
    return b"".join(row.text.encode(row.encoding, "replace") for row in (heading, *rows))
