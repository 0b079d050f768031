"""Lines of a file as bytes, never more of one in memory than is allowed."""

from dataclasses import dataclass
from typing import BinaryIO

__all__ = ["LONGEST", "Line", "Lines"]

LONGEST = 1_048_576
"""Bytes a row may have: what a topic takes."""
_KEPT = 65_536
"""Bytes kept of a longer one."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line with its line end."""

    raw: bytes
    end: int
    """Bytes from the start of the file to behind it."""
    overlong: bool = False
    """Only its beginning is in ``raw``."""


class Lines:
    """Reads from ``offset`` on; ``newline`` is the line feed as the encoding writes it."""

    def __init__(self, file: BinaryIO, offset: int, newline: bytes) -> None:
        self._file = file
        self._newline = newline
        self.seek(offset)

    def seek(self, offset: int) -> None:
        """Go on at ``offset``."""
        self._file.seek(offset)
        self._at = offset

    def next(self) -> Line | None:
        """The next line; ``None`` at the end of the file."""
        raw = self._piece()
        if not raw:
            return None
        self._at += len(raw)
        if len(raw) <= LONGEST:
            return Line(raw, self._at)
        kept = raw[:_KEPT]
        while raw and not raw.endswith(self._newline):
            raw = self._piece()
            self._at += len(raw)
        return Line(kept, self._at, overlong=True)

    def _piece(self) -> bytes:
        """Up to the line end, or a little more than ``LONGEST`` bytes."""
        width = len(self._newline)
        if width == 1:
            return self._file.readline(LONGEST + 1)
        # the byte of a line feed may be part of another character: only a whole unit counts
        raw = bytearray()
        while len(raw) <= LONGEST:
            piece = self._file.readline(LONGEST + 1)
            if not piece:
                break
            raw += piece + self._file.read(-(len(raw) + len(piece)) % width)
            if raw.endswith(self._newline):
                break
        return bytes(raw)
