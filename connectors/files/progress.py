"""How far a file has been read, and whether it is still the file that was read.

Kept for each file: the byte and line to go on at, and hashes of the file's beginning and of
what stands just before that byte. If both still hold, what follows was added and is read; if
not, the file is another one and is read from its start. A file that was read to its end and
has been written to since without growing is read anew as well. What the hashes cannot see: a
change in the middle of a file that was also added to.
"""

import hashlib
from dataclasses import dataclass
from typing import BinaryIO

__all__ = ["FileProgress"]

_HEAD = 65_536
_TAIL = 4_096


@dataclass(frozen=True, slots=True)
class FileProgress:
    """Where to go on in one file."""

    offset: int = 0
    line: int = 1
    head: str = ""
    tail: str = ""
    changed: int = 0
    """The file's time of change, nanoseconds."""

    @classmethod
    def read(cls, text: str | None) -> "FileProgress":
        """As it was written; the beginning for anything else."""
        parts = (text or "").split(":")
        try:
            offset, line, head, tail, changed = parts
            return cls(int(offset), int(line), head, tail, int(changed))
        except ValueError:
            return cls()

    def __str__(self) -> str:
        return f"{self.offset}:{self.line}:{self.head}:{self.tail}:{self.changed}"

    @classmethod
    def at(cls, file: BinaryIO, offset: int, line: int, changed: int) -> "FileProgress":
        """The progress of an open file at ``offset``."""
        return cls(offset, line, *_hashes(file, offset), changed)

    def continues(self, file: BinaryIO, size: int, changed: int) -> bool:
        """Whether the file still begins with what was read."""
        if self.offset == 0 or size < self.offset:
            return False
        if size == self.offset:
            return changed == self.changed
        return _hashes(file, self.offset) == (self.head, self.tail)


def _hashes(file: BinaryIO, offset: int) -> tuple[str, str]:
    file.seek(0)
    head = file.read(min(offset, _HEAD))
    file.seek(max(0, offset - _TAIL))
    tail = file.read(min(offset, _TAIL))
    return _short_hash(head), _short_hash(tail)


def _short_hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
