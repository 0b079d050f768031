"""Turns a scenario into what one person would write about it."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from connectors.sandbox.company.model import Person
from connectors.sandbox.company.rhythm import local
from connectors.sandbox.company.words.deck import Deck
from connectors.sandbox.company.words.phrasebook import Manners, Phrasebook, Scenario

__all__ = ["Storyteller"]

_FORMAL, _PLAIN, _TERSE, _LOWER, _PHONE = "formal", "plain", "terse", "lower", "phone"
_STYLES = (_FORMAL, _PLAIN, _PLAIN, _PLAIN, _TERSE, _TERSE, _LOWER, _PHONE)
_PHONES = {
    "en": (
        "Sent from my iPhone",
        "Sent from my phone, please excuse typos",
        "Get Outlook for Android",
    ),
    "de": ("Von meinem iPhone gesendet", "Gesendet mit der Mail-App"),
    "es": ("Enviado desde mi iPhone",),
    "fr": ("Envoyé de mon iPhone",),
}
_LEFT_OUT = 0.3
"""Share of the later sentences that a writer does without."""
_SIGNED = 0.5
"""Share of plain messages that end with a first name."""


class _Slots(dict[str, str]):
    """Fills a slot on first use and keeps it: subject and text speak of the same invoice."""

    def __init__(self, manners: Manners, at: datetime, rng: random.Random) -> None:
        """``at`` is the moment of writing on the writer's own clock."""
        super().__init__()
        self._manners = manners
        self._at = at
        self._rng = rng

    def __missing__(self, name: str) -> str:
        value = self._time(name) or self._rng.choice(self._manners.slots[name])
        value = value.replace("@", str(self._at.year))
        value = "".join(str(self._rng.randrange(1, 10)) if mark == "#" else mark for mark in value)
        self[name] = value
        return value

    def _time(self, name: str) -> str | None:
        """A month of the recent past or of the near future, or a time of today just gone."""
        if name == "clock":
            gone = self._at - timedelta(minutes=self._rng.randrange(10, 50))
            return gone.strftime("%H:%M")
        if name not in {"month", "soon"}:
            return None
        step = -self._rng.randrange(1, 4) if name == "month" else self._rng.randrange(1, 3)
        return self._manners.months[(self._at.month - 1 + step) % 12]


class Storyteller:
    """Writes as one person would; every choice comes from ``rng``.

    Ways to put a thing are dealt like cards, so that the same words do not come twice while
    there are others.
    """

    def __init__(self, book: Phrasebook, rng: random.Random) -> None:
        self._book = book
        self._rng = rng
        self._decks: dict[tuple[str, ...], Deck[str]] = {}
        self._numbers: dict[str, Deck[int]] = {}

    def tell(
        self, scenario: Scenario, writer: Person, at: datetime, *, channel: str
    ) -> tuple[str, str]:
        """Subject and text of a new ticket."""
        rng = self._rng
        manners = self._book.manners[scenario.language]
        slots = _Slots(manners, local(at, writer.office), rng)
        style = rng.choice(_STYLES)
        subject, first = self._opening(scenario)
        subject, first = subject.format_map(slots), first.format_map(slots)
        rest = [self._deal(way).format_map(slots) for way in scenario.sentences[1:]]
        if style == _TERSE:
            rest = rest[:1]
        elif len(rest) > 1:
            rest = [line for line in rest if rng.random() > _LEFT_OUT] or rest[:1]
        text = " ".join([first, *rest])
        if style == _FORMAL:
            greeting, closing = rng.choice(manners.greetings), rng.choice(manners.closings)
            text = f"{greeting}\n\n{_paragraphs(first, rest)}\n\n{closing}\n{writer.name}"
        elif style == _LOWER:
            subject, text = subject.lower(), text.lower()
        elif style == _PHONE and channel == "email":
            text = f"{text}\n\n{rng.choice(_PHONES[scenario.language])}"
        elif style == _PLAIN and rng.random() < _SIGNED:
            text = f"{text}\n\n{writer.name.split()[0]}"
        return subject, text

    def answer(self, kind: str, customer: Person, agent: Person, at: datetime) -> str:
        """An agent's first answer."""
        manners = self._book.manners[customer.language]
        text = self._say(manners.agent[kind], manners, at)
        return f"{_addressed(text, customer)}\n\n{agent.name}\nLarkfield Support"

    def follow_up(self, kind: str, customer: Person, at: datetime) -> str:
        """What the customer adds."""
        manners = self._book.manners[customer.language]
        return self._say(manners.follow_up[kind], manners, at)

    def solved(self, customer: Person, agent: Person, at: datetime) -> str:
        """The agent's last words."""
        manners = self._book.manners[customer.language]
        return f"{_addressed(self._say(manners.solved, manners, at), customer)}\n\n{agent.name}"

    def verdict(self, score: str, customer: Person, at: datetime) -> str:
        """Words beside a CSAT score."""
        manners = self._book.manners[customer.language]
        return self._say(manners.rating[score], manners, at)

    def note(self, at: datetime) -> str:
        """An internal note."""
        return self._say(self._book.notes, self._book.manners["en"], at)

    def _opening(self, scenario: Scenario) -> tuple[str, str]:
        if not scenario.paired:
            return self._deal(scenario.subjects), self._deal(scenario.sentences[0])
        numbers = range(len(scenario.subjects))
        number = self._numbers.setdefault(scenario.id, Deck(numbers, self._rng)).deal()
        return scenario.subjects[number], scenario.sentences[0][number]

    def _deal(self, ways: tuple[str, ...]) -> str:
        return self._decks.setdefault(ways, Deck(ways, self._rng)).deal()

    def _say(self, ways: Sequence[str], manners: Manners, at: datetime) -> str:
        return self._deal(tuple(ways)).format_map(_Slots(manners, at, self._rng))


def _addressed(text: str, customer: Person) -> str:
    return text.replace("<first>", customer.name.split()[0])


def _paragraphs(first: str, rest: Sequence[str]) -> str:
    """The sentences as a formal writer sets them: the matter, then the details."""
    return first if not rest else f"{first}\n\n{' '.join(rest)}"
