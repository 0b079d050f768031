"""What a YAML file says, each piece with its place in the file.

Every scalar is text: whether ``007`` is a number is for the field that takes it to say. Only
an unquoted nothing (``null``, ``~``, empty) is kept apart, as no value.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from workers.config.findings import Place

__all__ = ["Entry", "Fields", "Found", "Items", "Location", "Node", "Scalar", "find", "is_resolved"]

Location = Sequence[int | str]
"""The way from the top to a value: ``("receivers", 0, "slack", "token")``."""

_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value."""

    text: str
    """The value, references resolved."""
    written: str
    """The value as the file has it."""
    place: Place
    plain: bool = True
    """Whether it stands without quotation marks."""
    last_line: int = 0
    """Line it ends on."""
    resolved: bool = True
    """False where a reference could not be resolved: ``text`` is then a stand-in."""

    @property
    def empty(self) -> bool:
        """Whether this is no value: nothing is written, or ``null``."""
        return self.plain and self.written in _NOTHING

    @property
    def unwritten(self) -> bool:
        """Whether nothing is written: the default counts. ``null`` asks for no value instead."""
        return self.plain and not self.written

    def value(self) -> Any:
        """As pydantic takes it."""
        return None if self.empty else self.text


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple["Node", ...]
    place: Place

    def value(self) -> Any:
        """As pydantic takes it."""
        return [item.value() for item in self.items]


@dataclass(frozen=True, slots=True)
class Entry:
    """One field of a block."""

    key: Scalar
    value: "Node"


@dataclass(frozen=True, slots=True)
class Fields:
    """A block of fields."""

    entries: tuple[Entry, ...]
    place: Place

    def entry(self, key: str) -> Entry | None:
        """The field of this name."""
        return next((entry for entry in self.entries if entry.key.text == key), None)

    def get(self, key: str) -> "Node | None":
        """The field's value; ``None`` if it is absent or empty."""
        entry = self.entry(key)
        if entry is None or (isinstance(entry.value, Scalar) and entry.value.empty):
            return None
        return entry.value

    def texts(self, key: str) -> Iterator[Scalar]:
        """The scalars of a field that holds one or a list of them."""
        node = self.get(key)
        nodes = node.items if isinstance(node, Items) else (node,)
        return (item for item in nodes if isinstance(item, Scalar) and not item.empty)

    def blocks(self, key: str) -> Iterator["Fields"]:
        """The blocks of a field that holds a list of them."""
        node = self.get(key)
        nodes = node.items if isinstance(node, Items) else ()
        return (item for item in nodes if isinstance(item, Fields))

    def value(self) -> Any:
        """As pydantic takes it: a field without anything written is an absent field."""
        return {
            entry.key.text: entry.value.value()
            for entry in self.entries
            if not (isinstance(entry.value, Scalar) and entry.value.unwritten)
        }


Node = Scalar | Items | Fields


@dataclass(frozen=True, slots=True)
class Found:
    """The nearest node on the way to a location."""

    node: Node
    key: Scalar | None
    """The key whose value the node is, or a node above it is."""
    reached: tuple[int | str, ...]
    """The part of the location that exists."""

    @property
    def place(self) -> Place:
        """What to point at: a value, or the key of a larger thing."""
        if isinstance(self.node, Scalar) or self.key is None:
            return self.node.place
        if self.reached and isinstance(self.reached[-1], int):
            return self.node.place
        return self.key.place


def find(root: Node, location: Location) -> Found:
    """Go down as far as there are nodes. Steps that name none (a union's member) are skipped."""
    node, key, reached = root, None, list[int | str]()
    for step in location:
        if isinstance(node, Fields) and isinstance(step, str):
            entry = node.entry(step)
            if entry is not None:
                node, key = entry.value, entry.key
                reached.append(step)
        elif isinstance(node, Items) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
            reached.append(step)
    return Found(node, key, tuple(reached))


def is_resolved(node: Node) -> bool:
    """Whether every reference in a node could be resolved."""
    match node:
        case Scalar():
            return node.resolved
        case Items():
            return all(is_resolved(item) for item in node.items)
        case Fields():
            return all(is_resolved(entry.value) for entry in node.entries)
