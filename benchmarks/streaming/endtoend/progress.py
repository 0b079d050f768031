"""How many answers have been read: one number that two processes share."""

import mmap
import struct
from pathlib import Path

__all__ = ["Progress"]

_NUMBER = struct.Struct("q")


class Progress:
    """A number in a file that is mapped into memory."""

    def __init__(self, path: Path) -> None:
        """Open; a file that is not there yet begins at 0."""
        if not path.exists():
            path.write_bytes(bytes(_NUMBER.size))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), _NUMBER.size)

    def set(self, number: int) -> None:
        """Write it."""
        _NUMBER.pack_into(self._memory, 0, number)

    def get(self) -> int:
        """Read it."""
        found: int = _NUMBER.unpack_from(self._memory, 0)[0]
        return found
