"""Files for the compliance suite: the same rows as CSV and as JSON lines."""

import csv
import hashlib
import io
import json
import os
from collections.abc import Set as AbstractSet
from datetime import timedelta
from pathlib import Path
from typing import Any

from connectors.files import Files, Settings, make
from tests.connectors.surroundings import NOW, HandClock, Notebook, surroundings

WORDS = "I was charged twice, says Erika"


class FilesWorld:
    """Seven rows in two files, in pages of two."""

    def __init__(self, folder: Path, suffix: str) -> None:
        self.clock = HandClock()
        self.notebook = Notebook()
        self.private = (WORDS, "Erika", str(folder))
        self._folder = folder
        self._suffix = suffix
        self._rows: list[dict[str, Any]] = [
            {
                "id": f"r{number}",
                "text": f"{WORDS} ({number})",
                "created": (NOW - timedelta(days=number)).isoformat(),
                "who": f"c{number % 2}",
            }
            for number in range(1, 8)
        ]
        self.expected: AbstractSet[str] = {f"row/{row['id']}/{_hash_of(row)}" for row in self._rows}
        self._write()

    def connect(self) -> Files:
        """A new connector."""
        columns = {"id": "id", "text": "text", "created_at": "created", "customer_id": "who"}
        settings = Settings.model_validate(
            {"path": f"*{self._suffix}", "columns": columns, "page_rows": 2}
        )
        return make(
            settings,
            surroundings(
                clock=self.clock, notebook=self.notebook, folder=self._folder, name="support"
            ),
        )

    def damage_one(self) -> AbstractSet[str]:
        """The third row's time is no time."""
        self._rows[2]["created"] = "the day before yesterday"
        self._write()
        return {each for each in self.expected if each.startswith("row/r3/")}

    def add_unknown_fields(self) -> None:
        """Another column."""
        for row in self._rows:
            row["brand_new"] = "x"
        self._write()

    def drop_optional_fields(self) -> None:
        """The text alone; JSON rows leave the rest out, CSV rows leave it empty."""
        for row in self._rows:
            row.update(created=None, who=None)
        self._write()

    def set_text(self, text: str) -> str:
        """The second row's text."""
        self._rows[1]["text"] = text
        self._write()
        return "support:row:r2"

    def set_created(self, iso: str) -> str:
        """The second row's time."""
        self._rows[1]["created"] = iso
        self._write()
        return "support:row:r2"

    def _write(self) -> None:
        for name, rows in (("a", self._rows[:4]), ("b", self._rows[4:])):
            path = self._folder / f"{name}{self._suffix}"
            if self._suffix == ".csv":
                out = io.StringIO(newline="")
                writer = csv.DictWriter(out, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
                content = out.getvalue().encode("utf-8", "surrogatepass")
            else:
                content = "".join(
                    json.dumps(
                        {key: value for key, value in row.items() if value is not None},
                        ensure_ascii=False,
                    )
                    + "\n"
                    for row in rows
                ).encode("utf-8", "surrogatepass")
            path.write_bytes(content)
            then = (NOW - timedelta(days=1)).timestamp()
            os.utime(path, (then, then))


def _hash_of(row: dict[str, Any]) -> str:
    """The documented hash: canonical JSON of the mapped values, SHA-256, 32 digits."""
    text = (
        f'{{"attributes":{{}},"created_at":"{row["created"]}","customer_id":"{row["who"]}",'
        f'"id":"{row["id"]}","text":"{row["text"]}"}}'
    )
    return hashlib.sha256(text.encode()).hexdigest()[:32]
