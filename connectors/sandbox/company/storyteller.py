"""Turns a scenario into what one person would write about it."""

import random
from collections.abc import Mapping, Sequence

from connectors.sandbox.company.model import Person
from connectors.sandbox.company.phrasebook import Manners, Phrasebook, Scenario

__all__ = ["Deck", "Storyteller"]

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
_LEAVE_OUT = 0.3


class Deck:
    """Scenarios dealt so that one comes back only after most others have had their turn."""

    def __init__(self, scenarios: Sequence[Scenario], rng: random.Random) -> None:
        self._scenarios = list(scenarios)
        self._rng = rng
        self._left: list[Scenario] = []

    def deal(self) -> Scenario:
        """The next scenario."""
        if not self._left:
            self._left = self._scenarios.copy()
            self._rng.shuffle(self._left)
        return self._left.pop()


class _Slots(dict[str, str]):
    """Fills a slot on first use and keeps it: subject and text speak of the same invoice."""

    def __init__(self, known: Mapping[str, Sequence[str]], rng: random.Random) -> None:
        super().__init__()
        self._known = known
        self._rng = rng

    def __missing__(self, name: str) -> str:
        value = self._rng.choice(self._known[name])
        value = "".join(str(self._rng.randrange(1, 10)) if mark == "#" else mark for mark in value)
        self[name] = value
        return value


class Storyteller:
    """Writes as one person would; every choice comes from ``rng``."""

    def __init__(self, book: Phrasebook, rng: random.Random) -> None:
        self._book = book
        self._rng = rng

    def tell(self, scenario: Scenario, writer: Person) -> tuple[str, str]:
        """Subject and text of a new ticket."""
        rng = self._rng
        manners = self._book.manners[scenario.language]
        slots = _Slots(manners.slots, rng)
        style = rng.choice(_STYLES)
        subject = rng.choice(scenario.subjects).format_map(slots)
        first, *rest = [rng.choice(way).format_map(slots) for way in scenario.sentences]
        if style == _TERSE:
            rest = rest[:1]
        elif len(rest) > 1:
            rest = [line for line in rest if rng.random() > _LEAVE_OUT] or rest[:1]
        text = " ".join([first, *rest])
        if style == _FORMAL:
            greeting, closing = rng.choice(manners.greetings), rng.choice(manners.closings)
            text = f"{greeting}\n\n{_paragraphs(first, rest)}\n\n{closing}\n{writer.name}"
        elif style == _LOWER:
            subject, text = subject.lower(), text.lower()
        elif style == _PHONE:
            text = f"{text}\n\n{rng.choice(_PHONES[scenario.language])}"
        elif style == _PLAIN and rng.random() < 0.5:  # noqa: PLR2004 - every other one
            text = f"{text}\n\n{writer.name.split()[0]}"
        return subject, text

    def answer(self, kind: str, customer: Person, agent: Person) -> str:
        """An agent's first answer."""
        manners = self._manners(customer)
        text = self._say(manners.agent[kind], manners)
        return f"{text}\n\n{agent.name}\nLarkfield Support".replace(
            "<first>", customer.name.split()[0]
        )

    def follow_up(self, kind: str, customer: Person) -> str:
        """What the customer adds."""
        manners = self._manners(customer)
        return self._say(manners.follow_up[kind], manners)

    def solved(self, customer: Person, agent: Person) -> str:
        """The agent's last words."""
        manners = self._manners(customer)
        text = self._say(manners.solved, manners).replace("<first>", customer.name.split()[0])
        return f"{text}\n\n{agent.name}"

    def verdict(self, score: str, customer: Person) -> str:
        """Words beside a CSAT score."""
        manners = self._manners(customer)
        return self._say(manners.rating[score], manners)

    def note(self) -> str:
        """An internal note."""
        return self._rng.choice(self._book.notes).format_map(
            _Slots(self._book.manners["en"].slots, self._rng)
        )

    def _manners(self, person: Person) -> Manners:
        return self._book.manners[person.language]

    def _say(self, ways: Sequence[str], manners: Manners) -> str:
        return self._rng.choice(ways).format_map(_Slots(manners.slots, self._rng))


def _paragraphs(first: str, rest: Sequence[str]) -> str:
    """The sentences as a formal writer sets them: the matter, then the details."""
    return first if not rest else f"{first}\n\n{' '.join(rest)}"
