"""One configuration file as it was read: its lines, its nodes, its first problems."""

from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG

import yaml

from workers.config.documents.compose import compose
from workers.config.documents.nodes import Fields
from workers.config.documents.yaml_problems import LINE_BREAK
from workers.config.findings import Code, Place, Problem

__all__ = ["MAX_BYTES", "Document", "read_document"]

MAX_BYTES = 1_048_576
"""The largest file that is read."""

_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_UNPRINTABLE = yaml.SafeLoader.NON_PRINTABLE


@dataclass(frozen=True, slots=True)
class Document:
    """A file. ``root`` is ``None`` where it could not be read as YAML at all."""

    path: Path
    lines: tuple[str, ...] = ()
    root: Fields | None = None
    problems: tuple[Problem, ...] = ()


def read_document(path: Path) -> Document:
    """Read a file; whatever is wrong with it becomes a problem, nothing is raised."""
    try:
        if path.exists() and not S_ISREG(path.stat().st_mode):
            return _unreadable(path, "is not a plain file")
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return _refused(
            path,
            Code.MISSING_FILE,
            f"there is no {path.name}",
            "write it; `deploy/example` of the project holds one to start from",
        )
    except OSError as error:
        return _unreadable(path, f"cannot be read: {error.strerror or 'unknown reason'}")
    if len(raw) > MAX_BYTES:
        return _refused(
            path,
            Code.TOO_LARGE,
            f"{path.name} is larger than 1 MiB",
            "keep it to what people edit",
        )
    return _decoded(path, raw)


def _decoded(path: Path, raw: bytes) -> Document:
    if raw.startswith(_UTF16):
        return _refused(
            path,
            Code.BAD_ENCODING,
            f"{path.name} is saved as UTF-16",
            "save it as UTF-8 (in the editor: Save as, encoding UTF-8)",
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8-sig", "replace")
        lines = tuple(LINE_BREAK.split(raw.decode("utf-8-sig", "replace")))
        problem = Problem(
            _place_after(before),
            Code.BAD_ENCODING,
            f"the byte 0x{raw[error.start]:02x} is not UTF-8",
            "save the file as UTF-8 (in the editor: Save as, encoding UTF-8)",
        )
        return Document(path, lines, None, (problem,))
    lines = tuple(LINE_BREAK.split(text))
    control = _UNPRINTABLE.search(text)
    if control:
        problem = Problem(
            _place_after(text[: control.start()]),
            Code.BAD_ENCODING,
            f"a control character (U+{ord(control[0]):04X}) cannot stand in the file",
            "remove it",
        )
        return Document(path, lines, None, (problem,))
    root, problems = compose(text)
    return Document(path, lines, root, tuple(problems))


def _place_after(before: str) -> Place:
    lines = LINE_BREAK.split(before)
    return Place(len(lines), len(lines[-1]) + 1)


def _unreadable(path: Path, why: str) -> Document:
    return _refused(
        path,
        Code.UNREADABLE_FILE,
        f"{path.name} {why}",
        "make it a plain file that this user may read",
    )


def _refused(path: Path, code: Code, message: str, remedy: str) -> Document:
    return Document(path, problems=(Problem(Place(), code, message, remedy),))
