"""Who there is: customers and the firms they work for, support agents.

Names are invented; every mail address ends in ``.example``, which belongs to nobody
(RFC 2606).
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.sandbox.company.model import Office, Organisation, Person
from connectors.sandbox.company.words.phrasebook import Phrasebook

__all__ = ["AGENT_EMAIL", "People", "gather"]

AGENT_EMAIL = "support@larkfield.example"
ORGANISATION_IDS = 509_900
CUSTOMER_IDS = 20_978_000
AGENT_IDS = 235_320
_OWN_LANGUAGE = 0.75
_WITH_ADDRESS = 0.96
_PLANS = ("starter", "starter", "team", "team", "team", "enterprise")


@dataclass(frozen=True, slots=True)
class People:
    """Everybody with an account in the support desk, and their firms."""

    organisations: tuple[Organisation, ...]
    customers: tuple[Person, ...]
    agents: tuple[Person, ...]

    def of(self, office: Office, language: str | None = None) -> tuple[Person, ...]:
        """The customers who share an office's day, if asked for those of one language."""
        return tuple(
            person
            for person in self.customers
            if person.office is office and language in {None, person.language}
        )

    def organisation(self, organisation_id: int | None) -> Organisation | None:
        """The firm with this id, if any."""
        return next((o for o in self.organisations if o.id == organisation_id), None)


def _mailbox(name: str, taken: set[str], domain: str) -> str:
    """An address nobody else has: ``first.last@domain``, numbered where needed."""
    plain = name.lower().translate(str.maketrans("äöüßáéíóúñçèêëàâôûïî", "aousaeiounceeeaaouii"))
    stem = ".".join("".join(filter(str.isalpha, word)) for word in plain.split())
    address, number = f"{stem}@{domain}", 2
    while address in taken:
        address, number = f"{stem}{number}@{domain}", number + 1
    taken.add(address)
    return address


def gather(seed: int, start: datetime, book: Phrasebook) -> People:
    """The people of a seed; accounts are older than ``start``."""
    rng = random.Random(f"{seed}/people")  # noqa: S311 - data, not a secret
    organisations: list[Organisation] = []
    customers: list[Person] = []
    taken: set[str] = set()
    for index, firm in enumerate(book.firms):
        office = Office.CHICAGO if firm.country == "us" else Office.BERLIN
        organisation = Organisation(
            id=ORGANISATION_IDS + index * 7,
            name=firm.name,
            domain=firm.domain,
            office=office,
            language=firm.language,
            plan=rng.choice(_PLANS),
            created_at=start - timedelta(days=rng.randrange(60, 1_200)),
        )
        organisations.append(organisation)
        for _ in range(rng.randrange(2, 6)):
            first, last = (
                rng.choice(book.given[firm.country]),
                rng.choice(book.family[firm.country]),
            )
            name = f"{first} {last}"
            # some customers of firms abroad write in English all the same
            language = firm.language if rng.random() < _OWN_LANGUAGE else "en"
            customers.append(
                Person(
                    id=CUSTOMER_IDS + len(customers) * 13,
                    name=name,
                    # Zendesk knows some requesters (messaging, phone) by name only
                    email=_mailbox(name, taken, firm.domain)
                    if rng.random() < _WITH_ADDRESS
                    else None,
                    role="end-user",
                    office=office,
                    language=language,
                    organisation_id=organisation.id,
                    created_at=organisation.created_at + timedelta(days=rng.randrange(50)),
                )
            )
    agents = tuple(
        Person(
            id=AGENT_IDS + index,
            name=name,
            email=f"{name.split()[0].lower()}@larkfield.example",
            role="admin" if index == 0 else "agent",
            office=Office.BERLIN if index % 2 == 0 else Office.CHICAGO,
            language="en",
            organisation_id=None,
            created_at=start - timedelta(days=1_300),
        )
        for index, name in enumerate(book.agents)
    )
    return People(tuple(organisations), tuple(customers), agents)
