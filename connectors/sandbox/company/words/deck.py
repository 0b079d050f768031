"""Things dealt so that one comes back only after all others have had their turn."""

import random
from collections.abc import Sequence
from typing import Generic, TypeVar

__all__ = ["Deck"]

T = TypeVar("T")


class Deck(Generic[T]):
    """Deals for ever; shuffled by ``rng`` each time it has run out."""

    def __init__(self, things: Sequence[T], rng: random.Random) -> None:
        self._things = list(things)
        self._rng = rng
        self._left: list[T] = []

    def deal(self) -> T:
        """The next one."""
        if not self._left:
            self._left = self._things.copy()
            self._rng.shuffle(self._left)
        return self._left.pop()
