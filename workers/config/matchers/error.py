"""What is wrong with a condition: where, what, and what to write instead."""

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["MatcherError", "nearest"]


class MatcherError(ValueError):
    """A condition that cannot work. ``column`` counts from 1 within the condition's text."""

    def __init__(self, column: int, message: str, remedy: str) -> None:
        super().__init__(f"column {column}: {message}; {remedy}")
        self.column = column
        self.message = message
        self.remedy = remedy


def nearest(given: str, allowed: Iterable[str]) -> str:
    """A remedy: ``did you mean X?`` where something is near, else everything allowed."""
    names = sorted(allowed) if isinstance(allowed, set | frozenset) else list(allowed)
    close = get_close_matches(given.lower(), names, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]}?"
    if not names:
        return "there is none to choose from"
    return f"use one of {', '.join(names)}"
