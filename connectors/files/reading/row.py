"""One row of a file, good or bad."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

__all__ = ["Row", "RowReader"]


@dataclass(frozen=True, slots=True)
class Row:
    """A row and its place."""

    line: int
    """Number of its first line, from 1."""
    end: int
    """Bytes from the start of the file to behind it."""
    lines: int
    """How many lines it takes."""
    raw: bytes
    fields: Mapping[str, Any] | None
    """Column to value; ``None`` for a row that cannot be read."""
    problem: str = ""
    """Why it cannot be read; no word of it."""
    open_ended: bool = False
    """The file ends within it, without a line end: somebody may still be writing."""


class RowReader(Protocol):
    """Reads rows one after another."""

    columns: tuple[str, ...]
    """Names of the columns, where the file says them in advance."""

    def next(self) -> Row | None:
        """The next row that is not blank; ``None`` at the end. Blocks on the disk."""
        ...
