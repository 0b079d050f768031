"""A file of JSON lines that survives a SIGKILL: what was acknowledged is there afterwards."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

__all__ = ["Journal"]


class Journal:
    """Appends lines, each on the disk before ``append`` returns.

    A line that a crash cut short is dropped on opening: nobody was told that it is kept.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b") as file:
            file.seek(0)
            content = file.read()
            whole = content.rfind(b"\n") + 1
            if whole < len(content):
                file.truncate(whole)
                os.fsync(file.fileno())

    def lines(self) -> Iterator[dict[str, Any]]:
        """Every line written so far, oldest first."""
        with self._path.open("rb") as file:
            for line in file:
                yield json.loads(line)

    def append(self, record: Mapping[str, Any]) -> None:
        """Write one line and wait until it is on the disk."""
        with self._path.open("ab") as file:
            file.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
