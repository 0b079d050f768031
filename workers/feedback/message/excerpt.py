"""A quotation that can leave the system: short, and without what identifies a person.

Mail addresses, card, account and phone numbers, links (they carry tokens) and the customer's
own name are replaced by what they are. Every pattern is bounded, whatever the text.
"""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from schemas.feedback import Customer

__all__ = ["MAX_EXCERPT", "excerpt", "masked"]

MAX_EXCERPT = 500
_READ = 2_000
_MIN_NAME = 3

_LINK = re.compile(r"\b(?:https?://|www\.)[^\s<>\"']{1,2000}", re.IGNORECASE)
_MAIL = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_ACCOUNT = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_CARD = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")
_DATE = r"(?!\d{4}-\d{2}-\d{2}\b)"
_PHONE = re.compile(
    rf"(?<!\w){_DATE}(?:"
    r"\+\(?\d(?:[ ().\-/]{0,2}\d){6,14}"  # international
    r"|\(?0\d(?:[ ().\-/]{0,2}\d){5,13}"  # national, with its leading zero
    r"|\(?\d{2,4}\)?[ .\-/]\(?\d{2,4}\)?[ .\-/]\d{2,5}(?:[ .\-/]\d{2,5}){0,3}"  # in groups
    r"|\d{9,15}"
    r")(?!\w)"
)


def masked(text: str, customer: Customer | None = None) -> str:
    """The text without addresses, numbers and the customer's name."""
    text = _LINK.sub(_host, text)
    text = _MAIL.sub("[mail address]", text)
    text = _ACCOUNT.sub("[account number]", text)
    text = _CARD.sub("[card number]", text)
    text = _PHONE.sub("[phone number]", text)
    for name in _names(customer):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "[name]", text)
    return text


def _host(found: re.Match[str]) -> str:
    link = found[0] if "://" in found[0] else f"http://{found[0]}"
    try:
        host = urlsplit(link).hostname
    except ValueError:
        host = None
    return f"[link to {host}]" if host else "[link]"


def _names(customer: Customer | None) -> Iterable[str]:
    """The name as a whole, then its words, as the tool writes them."""
    if customer is None or not customer.name:
        return ()
    words = customer.name.split()
    return [word for word in (customer.name, *words) if len(word) >= _MIN_NAME]


def excerpt(plain: str, customer: Customer | None = None, limit: int = MAX_EXCERPT) -> str:
    """The beginning of a plain text, masked, cut between words."""
    # masked before it is cut, so that half a number cannot slip through
    whole = masked(plain[: max(_READ, limit)], customer)
    if len(whole) <= limit and len(plain) <= _READ:
        return whole
    cut = whole[: limit - 1]
    blank = cut.rfind(" ")
    return (cut[:blank] if blank > limit // 2 else cut).rstrip() + "…"
