"""Every label of an item with what speaks for it, and what spoke for others."""

from collections.abc import Iterator
from dataclasses import dataclass

from workers.archive.queries import Evidence, InboxRow, ItemSeen
from workers.web.text.words import language, words
from workers.web.view.names import Names

__all__ = ["Label", "labels_of", "words_that_hold"]


@dataclass(frozen=True, slots=True)
class Label:
    """One label. ``otherwise`` says why it is so where no rule spoke."""

    name: str
    value: str
    matches: tuple[Evidence, ...]
    otherwise: str = ""
    outweighed: bool = False
    """Whether rules spoke for it and others weighed more."""


_OF_AN_ITEM = frozenset({"kind", "area", "urgency", "sentiment", "language"})


def words_that_hold(item: InboxRow | ItemSeen) -> tuple[str, ...]:
    """The matched words that speak for labels the item has, not for outweighed ones."""
    words = (
        word
        for match in item.matches
        for name, _, value in (match.label.replace(" ", "").partition("="),)
        if name not in _OF_AN_ITEM or getattr(item, name) == value
        for word in match.words
    )
    return tuple(dict.fromkeys(words))


def labels_of(item: ItemSeen, names: Names) -> tuple[Label, ...]:
    """The labels, those that hold first."""
    by_label: dict[str, list[Evidence]] = {}
    for match in item.matches:
        by_label.setdefault(match.label.replace(" ", ""), []).append(match)

    def taken(key: str) -> tuple[Evidence, ...]:
        return tuple(by_label.pop(key, ()))

    holding = list(_holding(item, names))
    found = [Label(name, value, taken(key), why) for name, value, key, why in holding]
    for key, matches in by_label.items():
        name, _, value = key.partition("=")
        shown = names.area(value) if name == "area" else words(value)
        found.append(Label(words(name), shown, tuple(matches), outweighed=True))
    return tuple(found)


def _holding(item: ItemSeen, names: Names) -> Iterator[tuple[str, str, str, str]]:
    """Name, value, key among the evidence, and what to say without evidence."""
    if item.kind:
        yield "Kind", words(item.kind), f"kind={item.kind}", "No rule spoke for any kind."
    if item.area:
        yield "Area", names.area(item.area), f"area={item.area}", "Its words occur."
    else:
        yield "Area", "None", "area=", "The words of no product area occur."
    for theme in item.themes:
        yield "Theme", words(theme), f"theme={theme}", ""
    if item.urgency:
        yield "Urgency", words(item.urgency), f"urgency={item.urgency}", "Nothing makes it urgent."
    if item.sentiment:
        key = f"sentiment={item.sentiment}"
        yield "Sentiment", words(item.sentiment), key, "From the tone of the whole text."
    if item.language:
        key = f"language={item.language}"
        yield "Language", language(item.language), key, "Recognised from the text."
