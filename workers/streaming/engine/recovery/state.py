"""The rows of one task, and how far in the changelog they go."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

__all__ = ["State"]

S = TypeVar("S")


@dataclass(slots=True)
class State(Generic[S]):
    """Exactly what the changelog says, committed, before ``position``."""

    rows: dict[str, S] = field(default_factory=dict)
    position: int = 0
    """Offset in the changelog's partition from which on records are not in ``rows`` yet."""

    def apply(self, changes: Mapping[str, S | None]) -> None:
        """Take in committed changes; ``None`` deletes."""
        rows = self.rows
        for key, row in changes.items():
            if row is None:
                rows.pop(key, None)
            else:
                rows[key] = row
