"""State with uncommitted changes on top, for reading."""

from collections.abc import Iterator, Mapping
from typing import TypeVar

__all__ = ["Overlay"]

S = TypeVar("S")


class Overlay(Mapping[str, S]):
    """What the state will be once ``changes`` are applied; ``None`` there means deleted."""

    def __init__(self, changes: Mapping[str, S | None], state: Mapping[str, S]) -> None:
        self._changes = changes
        self._state = state

    def __getitem__(self, key: str) -> S:
        if key in self._changes:
            row = self._changes[key]
            if row is None:
                raise KeyError(key)
            return row
        return self._state[key]

    def __iter__(self) -> Iterator[str]:
        for key, row in self._changes.items():
            if row is not None:
                yield key
        for key in self._state:
            if key not in self._changes:
                yield key

    def __len__(self) -> int:
        return sum(1 for _ in self)
