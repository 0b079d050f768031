"""The template environment: everything that is printed is made readable, then escaped."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from workers.archive.queries import InboxRow
from workers.web.text import moments, words
from workers.web.text.folding import folded
from workers.web.text.highlight import excerpt, highlight, pieces_of
from workers.web.text.links import web_link
from workers.web.text.visible import visible
from workers.web.view.labels import words_that_hold

__all__ = ["environment"]

_WORDS_NAMED = 5


def _readable(value: Any) -> Any:
    """Applied to every value a template prints, before it is escaped."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _words_elsewhere(item: InboxRow, quote: Markup) -> tuple[str, ...]:
    """Matched words that the quotation does not show: they stand in a comment or further on."""
    shown = f"{visible(item.subject)} {quote.striptags()}".casefold()
    unseen = [
        word
        for word in words_that_hold(item)
        if any(piece.casefold() not in shown for piece in pieces_of(word))
    ]
    return tuple(unseen[:_WORDS_NAMED])


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def environment() -> Environment:
    """Reads the templates beside this file; autoescape is on for all of them."""
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_readable,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {
        "absolute": moments.absolute,
        "advice": words.ADVICE.get,
        "ago": moments.ago,
        "because": words.because,
        "bytes": words.size,
        "conditions": lambda target: words.conditions(target.reason),
        "error_class": lambda code: words.ERROR_CLASSES.get(code, words.words(code)),
        "excerpt": excerpt,
        "folded": folded,
        "heading": words.heading,
        "highlight": highlight,
        "initials": words.initials,
        "language": words.language,
        "matched_words": words_that_hold,
        "outcome": lambda code: words.OUTCOMES.get(code, words.words(code)),
        "outcome_tone": lambda code: words.TONES.get(code, "idle"),
        "part_name": words.part_name,
        "readable": visible,
        "route": words.route,
        "score": words.score,
        "shortened": _shortened,
        "vendor": words.vendor,
        "web_link": web_link,
        "words": words.words,
        "words_elsewhere": _words_elsewhere,
    }
    return made
