"""Every generated document with its place, and how it compares with what is on disk."""

import json
from pathlib import Path
from typing import Any

from schemas.generate.asyncapi import asyncapi_yaml
from schemas.generate.json_schemas import file_name, json_schemas

__all__ = ["GENERATED", "RELEASES", "documents", "releases", "stale", "write"]

_SCHEMAS = Path(__file__).parent.parent
GENERATED = _SCHEMAS / "generated"
RELEASES = _SCHEMAS / "releases"


def documents(version: str) -> dict[str, str]:
    """File name -> text, of all that belongs into one folder. The same models, the same text."""
    made = {file_name(name): _text(schema) for name, schema in json_schemas().items()}
    return {**made, "asyncapi.yaml": asyncapi_yaml(version)}


def _text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def stale(folder: Path, wanted: dict[str, str]) -> list[str]:
    """Names of files that are missing, differ, or should not be there."""
    there = {path.name for path in folder.glob("*")} if folder.is_dir() else set()
    differing = {
        name
        for name, text in wanted.items()
        if name not in there or (folder / name).read_text(encoding="utf-8") != text
    }
    return sorted(differing | (there - wanted.keys()))


def write(folder: Path, wanted: dict[str, str]) -> list[str]:
    """Bring ``folder`` to ``wanted``; names of the files that changed."""
    changed = stale(folder, wanted)
    folder.mkdir(parents=True, exist_ok=True)
    for name in changed:
        if name in wanted:
            (folder / name).write_text(wanted[name], encoding="utf-8", newline="\n")
        else:
            (folder / name).unlink()
    return changed


def releases() -> list[Path]:
    """Folders of the released schemas, oldest first."""
    folders = (path for path in RELEASES.glob("*.*.*") if path.is_dir())
    return sorted(folders, key=lambda path: tuple(int(part) for part in path.name.split(".")))
