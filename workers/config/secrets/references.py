"""``${NAME}`` in a value: the environment variable, or the file that ``NAME_FILE`` names.

In a field that holds a secret ``${NAME_FILE}`` is the content of that file as well. ``$${``
stands for a literal ``${``.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from stat import S_ISREG

from workers.config.documents import Entry, Fields, Items, Node, Scalar
from workers.config.findings import Code, Place, Problem

__all__ = ["MAX_SECRET_BYTES", "REFERENCE", "Resolver"]

MAX_SECRET_BYTES = 65_536
"""The largest file that ``NAME_FILE`` may name."""

REFERENCE = re.compile(r"\$(?P<escaped>\$\{)|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]{0,127})\}|\$\{")
_STAND_IN = "unresolved"


class _Unresolved(Exception):  # noqa: N818 - carries a problem, is none itself
    def __init__(self, problem: Problem | None) -> None:
        super().__init__()
        self.problem = problem


@dataclass(slots=True)
class Resolver:
    """Replaces references in nodes, collects what cannot be resolved."""

    environ: Mapping[str, str]
    look_up: bool = True
    """False: nothing is looked up, every reference gets a stand-in and counts as unresolved."""
    problems: list[Problem] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    """Every variable that is referred to."""
    values: set[str] = field(default_factory=set, repr=False)
    """Every value that was put in: none of them may appear in a message."""

    def resolve(
        self, node: Node, secret: Collection[Place], path: tuple[str | int, ...] = ()
    ) -> Node:
        """The node with its references replaced; ``secret`` are the places of secret fields."""
        match node:
            case Scalar():
                return self._scalar(node, is_secret=node.place in secret, path=path)
            case Items():
                items = tuple(
                    self.resolve(item, secret, (*path, index))
                    for index, item in enumerate(node.items)
                )
                return replace(node, items=items)
            case Fields():
                return self.fields(node, secret, path)

    def fields(
        self, node: Fields, secret: Collection[Place], path: tuple[str | int, ...] = ()
    ) -> Fields:
        """The same for a block."""
        entries = tuple(
            Entry(entry.key, self.resolve(entry.value, secret, (*path, entry.key.text)))
            for entry in node.entries
        )
        return replace(node, entries=entries)

    def _scalar(self, node: Scalar, *, is_secret: bool, path: tuple[str | int, ...]) -> Scalar:
        if "${" not in node.text:
            return node
        try:
            text = REFERENCE.sub(self._replacement(node, path, is_secret=is_secret), node.text)
        except _Unresolved as unresolved:
            if unresolved.problem is not None:
                self.problems.append(unresolved.problem)
            return replace(node, text=_STAND_IN, resolved=False)
        return replace(node, text=text, plain=False)

    def _replacement(
        self, node: Scalar, path: tuple[str | int, ...], *, is_secret: bool
    ) -> Callable[[re.Match[str]], str]:
        def replacement(found: re.Match[str]) -> str:
            if found["escaped"]:
                return "${"
            name = found["name"]
            if name is None:
                raise _Unresolved(_bad_reference(node))
            self.names.add(name)
            if not self.look_up:
                raise _Unresolved(None)
            value = self._value(name, node, path, is_secret=is_secret)
            self.values.add(value)
            return value

        return replacement

    def _value(
        self, name: str, node: Scalar, path: tuple[str | int, ...], *, is_secret: bool
    ) -> str:
        if is_secret and name.endswith("_FILE") and self.environ.get(name):
            return self._content(name, node)
        value = self.environ.get(name) or ""
        has_file = bool(self.environ.get(f"{name}_FILE"))
        if value and has_file:
            raise _Unresolved(
                Problem(
                    node.place,
                    Code.SECRET_FILE,
                    f"{name} and {name}_FILE are both set",
                    "keep one of the two variables",
                )
            )
        if value:
            return value
        if has_file:
            return self._content(f"{name}_FILE", node)
        raise _Unresolved(self._missing(name, node, path))

    def _missing(self, name: str, node: Scalar, path: tuple[str | int, ...]) -> Problem:
        state = "empty" if name in self.environ else "not set"
        close = get_close_matches(name, self.environ, n=1, cutoff=0.85) if state != "empty" else []
        hint = f"did you mean {close[0]}? Otherwise " if close else ""
        return Problem(
            node.place,
            Code.MISSING_VARIABLE,
            f"`{written_path(path)}` takes the environment variable {name}, which is {state}",
            f"{hint}set {name}, or set {name}_FILE to the path of a file that holds the value",
        )

    def _content(self, variable: str, node: Scalar) -> str:
        path = Path(self.environ[variable])
        why = ""
        raw = b""
        try:
            if not S_ISREG(path.stat().st_mode):
                why = "it is not a plain file"
            else:
                with path.open("rb") as file:
                    raw = file.read(MAX_SECRET_BYTES + 1)
        except OSError as error:
            why = error.strerror or "it cannot be read"
        except ValueError:
            why = "the path is impossible"
        text = ""
        if len(raw) > MAX_SECRET_BYTES:
            why = "it is larger than 64 KiB"
        elif not why:
            try:
                text = raw.decode("utf-8-sig").strip()
            except UnicodeDecodeError:
                why = "it is not UTF-8 text"
            else:
                why = "" if text else "it is empty"
        if why:
            raise _Unresolved(
                Problem(
                    node.place,
                    Code.SECRET_FILE,
                    f"the file that {variable} names cannot be used: {why}",
                    f"point {variable} at a readable file that holds the value and nothing else",
                )
            )
        return text


def _bad_reference(node: Scalar) -> Problem:
    return Problem(
        node.place,
        Code.BAD_REFERENCE,
        "${ is not followed by the name of an environment variable and }",
        "write ${NAME} with letters, digits and _ in the name; for a literal ${ write $${",
    )


def written_path(path: tuple[str | int, ...]) -> str:
    """A location as people write it: ``receivers[0].slack.token``."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")
