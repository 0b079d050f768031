"""Long text in three pieces: shown at once, shown on request, left to a page of its own."""

from dataclasses import dataclass

from workers.archive.queries import PartSeen
from workers.web.text.visible import hidden_characters

__all__ = ["Folded", "folded"]

SHOWN = 1_500
"""Characters shown at once."""
_SLACK = 300
"""A rest shorter than this is not worth a fold."""


@dataclass(frozen=True, slots=True)
class Folded:
    """A text cut for reading."""

    head: str
    rest: str
    beyond: bool
    """Whether there is more than head and rest."""
    total: int
    """Characters in all."""
    hidden: int
    """Characters taken out because they show nothing or mislead."""


def folded(part: PartSeen) -> Folded:
    """The text of a part, readable."""
    view = hidden_characters(part.text)
    beyond = part.length > len(part.text)
    if len(view.text) <= SHOWN + _SLACK:
        return Folded(view.text, "", beyond, part.length, view.hidden)
    cut = max(view.text.rfind(" ", SHOWN - _SLACK, SHOWN), view.text.rfind("\n", SHOWN // 2, SHOWN))
    cut = cut if cut > 0 else SHOWN
    return Folded(view.text[:cut], view.text[cut:].lstrip("\n"), beyond, part.length, view.hidden)
