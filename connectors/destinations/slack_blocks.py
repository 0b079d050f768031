"""A message in Slack's blocks. Pure.

Everything that came from elsewhere is escaped (``& < >``), so that no text can make a
mention, a link or a call to ``<!channel>``; Slack is told to recognise nothing by itself
(``verbatim``, no ``link_names``). The only mention is the one that was asked for.

Limits: header 150, section text 3,000, field 2,000, 10 fields a section, 10 elements a
context, 50 blocks. Source: Slack's Block Kit reference. Slack also refuses a message whose
blocks are too long together (``msg_blocks_too_long``) without documenting the bound; more
than 11,000 characters were refused (slackapi/bolt-js issue 2867), so all blocks together
stay below 9,500. Lengths are taken after escaping and in UTF-16 units: the strictest reading.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from connectors.base.text import clean
from connectors.destinations.contract import People
from schemas.notification import Fact, MessageRequested

__all__ = ["REPEAT_MARK", "Rendered", "escape", "render"]

REPEAT_MARK = "(may be a repeat)"

HEADER = 150
QUOTE = 2_900
FIELD = 300
FIELDS = 10
CONTEXT = 500
CONTEXTS = 2
LINK = 2_000
FALLBACK = 300

_REASON_LABELS = frozenset({"why", "reason", "route"})
_CALLS = re.compile(r"@(?=(?:channel|here|everyone|group)\b)", re.IGNORECASE)
_MEMBER = re.compile(r"[UW][A-Z0-9]{2,31}")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_MANY_LINES = re.compile(r"\n\s*\n\s*\n")
_WORD_JOINER = "\u2060"
_ELLIPSIS = "…"

Block = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rendered:
    """What goes to Slack: the blocks, and the text for notifications and screen readers."""

    text: str
    blocks: list[Block]


def render(message: MessageRequested, people: People, *, repeat: bool) -> Rendered:
    """The message as blocks: title, mention, quotation, facts, link, why."""
    title = _one_line(message.title) or "Message"
    reasons = [fact for fact in message.facts if fact.label.casefold() in _REASON_LABELS]
    facts = [fact for fact in message.facts if fact not in reasons]
    blocks: list[Block | None] = [
        _header(title, repeat=repeat),
        _section(_mention(message.mention, people)),
        _section(_quote(message.body)),
        _fields(facts),
        _section(_link(message.link)),
        _context(reasons, repeat=repeat),
    ]
    mark = f" {REPEAT_MARK}" if repeat else ""
    return Rendered(
        text=escape(title, FALLBACK - len(mark)) + mark,
        blocks=[block for block in blocks if block is not None],
    )


def escape(text: str, limit: int) -> str:
    """Plain text for a ``mrkdwn`` place, at most ``limit`` units after escaping.

    ``@channel`` and its like are parted by an invisible joiner: a workspace whose
    administrators let apps use plain names must not be called together by a customer.
    """
    return _bounded((_ENTITIES.get(char, char) for char in _quiet(text)), limit)


def _quiet(text: str) -> str:
    return _CALLS.sub("@" + _WORD_JOINER, clean(text)).strip()


def _width(text: str) -> int:
    """Length in UTF-16 units, the longest way in which a service may count."""
    return sum(2 if ord(char) > 0xFFFF else 1 for char in text)  # noqa: PLR2004 - end of the BMP


def _one_line(text: str) -> str:
    return " ".join(clean(text).split())


def _bounded(pieces: Iterable[str], limit: int) -> str:
    """Joined pieces up to ``limit``; never half a piece, so no half an entity."""
    kept: list[str] = []
    left = limit
    for piece in pieces:
        size = _width(piece)
        if size > left:
            while kept and left < 1:
                left += _width(kept.pop())
            return "".join(kept).rstrip() + _ELLIPSIS
        kept.append(piece)
        left -= size
    return "".join(kept)


def _header(title: str, *, repeat: bool) -> Block:
    mark = f" {REPEAT_MARK}" if repeat else ""
    text = _bounded(title, HEADER - len(mark)) + mark
    return {"type": "header", "text": {"type": "plain_text", "text": text, "emoji": False}}


def _section(text: str) -> Block | None:
    return {"type": "section", "text": _mrkdwn(text)} if text else None


def _mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _mention(person_id: str | None, people: People) -> str:
    if person_id is None:
        return ""
    person = people.get(person_id)
    if person is not None and person.slack and _MEMBER.fullmatch(person.slack):
        return f"For <@{person.slack}>"
    return "For " + escape(_one_line(person.name if person else person_id), FIELD)


def _quote(body: str) -> str:
    lines = _MANY_LINES.sub("\n\n", _quiet(body)).split("\n")
    if lines == [""]:
        return ""
    pieces = (
        piece
        for index, line in enumerate(lines)
        for piece in ("\n>" if index else ">", *(_ENTITIES.get(char, char) for char in line))
    )
    return _bounded(pieces, QUOTE)


def _fields(facts: Sequence[Fact]) -> Block | None:
    if not facts:
        return None
    shown = [
        _mrkdwn(
            f"*{escape(_one_line(fact.label), 80)}*\n{escape(_one_line(fact.value), FIELD - 90)}"
        )
        for fact in facts[:FIELDS]
    ]
    if len(facts) > FIELDS:
        shown[-1] = _mrkdwn(f"and {len(facts) - FIELDS + 1} more facts")
    return {"type": "section", "fields": shown}


def _link(link: str | None) -> str:
    """A link in text, not a button: a button wants an app that answers interactions."""
    if link is None:
        return ""
    try:
        url = httpx.URL(clean(link))
    except httpx.InvalidURL:
        return ""
    if url.scheme not in {"http", "https"} or not url.host:
        return ""
    target = "".join(_in_link(char) for char in str(url))
    return f"<{target}|Open in the tool>" if len(target) <= LINK else ""


def _in_link(char: str) -> str:
    if char == "&":
        return "&amp;"
    if char in '<>|"\\`' or char.isspace() or ord(char) < ord(" "):
        return "".join(f"%{byte:02X}" for byte in char.encode())
    return char


def _context(reasons: Sequence[Fact], *, repeat: bool) -> Block | None:
    texts = [f"{fact.label}: {fact.value}" for fact in reasons]
    elements = [_mrkdwn(escape(_one_line(text), CONTEXT)) for text in texts[:CONTEXTS]]
    if repeat:
        elements.append(
            _mrkdwn("May be a repeat: no answer came the first time, and it cannot be looked up.")
        )
    return {"type": "context", "elements": elements} if elements else None
