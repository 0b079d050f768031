"""Turns YAML text into nodes, with limits, and collects what is wrong on the way.

PyYAML's event stream is composed here rather than by PyYAML, because its composer keeps the
last of two equal keys without a word, knows no depth limit and lets aliases multiply.
"""

from typing import Any

import yaml

from workers.config.documents.nodes import Entry, Fields, Items, Node, Scalar
from workers.config.documents.yaml_problems import syntax_problem, unexpected_problem
from workers.config.findings import Code, Place, Problem

__all__ = ["MAX_DEPTH", "MAX_NODES", "compose"]

MAX_DEPTH = 32
"""Blocks within blocks."""
MAX_NODES = 50_000
"""Values in one file, what aliases repeat counted each time."""


class _Refused(Exception):  # noqa: N818 - carries a problem, is none itself
    """The file cannot be taken as a whole."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def compose(text: str) -> tuple[Fields | None, list[Problem]]:
    """The top block of a file, and its problems; no block where it cannot be read at all."""
    loader = yaml.SafeLoader(text)
    composer = _Composer(loader)
    try:
        root = composer.document()
    except _Refused as refused:
        return None, [refused.problem]
    except yaml.MarkedYAMLError as error:
        return None, [syntax_problem(error, text)]
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # PyYAML lets chr() and int() speak for themselves on impossible escapes and versions
        mark = loader.get_mark()
        return None, [unexpected_problem(error, mark)]
    return root, composer.problems


class _Composer:
    def __init__(self, loader: yaml.SafeLoader) -> None:
        self._loader: Any = loader  # its methods are not typed
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._count = 0
        self.problems: list[Problem] = []

    def _next(self) -> yaml.Event:
        event = self._loader.get_event()
        if not isinstance(event, yaml.Event):
            raise _Refused(
                Problem(Place(), Code.YAML_SYNTAX, "the file ends too early", "complete it")
            )
        return event

    def document(self) -> Fields:
        self._next()  # start of the stream
        if isinstance(self._loader.peek_event(), yaml.StreamEndEvent):
            return Fields((), Place())
        self._next()  # start of the document
        root = self._node(1)
        self._next()  # end of the document
        following = self._next()
        if not isinstance(following, yaml.StreamEndEvent):
            raise _Refused(
                Problem(
                    _place(following),
                    Code.YAML_FEATURE,
                    "a second document starts here",
                    "keep one document a file: remove the line with ---",
                )
            )
        if isinstance(root, Scalar) and root.empty:
            return Fields((), root.place)
        if not isinstance(root, Fields):
            raise _Refused(
                Problem(
                    root.place,
                    Code.WRONG_TYPE,
                    "the file must consist of fields, but is "
                    + ("a list" if isinstance(root, Items) else "text"),
                    "start it with `field: value`, as in the example configuration",
                )
            )
        return root

    def _counted(self, event: yaml.Event, more: int) -> None:
        self._count += more
        if self._count > MAX_NODES:
            raise _Refused(
                Problem(
                    _place(event),
                    Code.TOO_LARGE,
                    f"the file holds more than {MAX_NODES} values",
                    "keep it to what people edit; do not multiply blocks with * aliases",
                )
            )

    def _node(self, depth: int) -> Node:
        event = self._next()
        if depth > MAX_DEPTH:
            raise _Refused(
                Problem(
                    _place(event),
                    Code.TOO_LARGE,
                    f"blocks are nested more than {MAX_DEPTH} deep",
                    "flatten the file; a missing ] or } can also cause this",
                )
            )
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        before = self._count
        self._counted(event, 1)
        if isinstance(event, yaml.NodeEvent):
            self._refuse_tag(event)
        node: Node
        if isinstance(event, yaml.ScalarEvent):
            node = self._scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = Items(tuple(self._items(depth)), _place(event))
        else:
            node = self._fields(event, depth)
        anchor = getattr(event, "anchor", None)
        if anchor is not None:
            self._anchors[anchor] = (node, self._count - before)
        return node

    def _alias(self, event: yaml.AliasEvent) -> Node:
        if event.anchor not in self._anchors:
            raise _Refused(
                Problem(
                    _place(event),
                    Code.YAML_SYNTAX,
                    f"*{event.anchor} repeats a block that is not there above",
                    f"name a block &{event.anchor} before this line, or put text that starts "
                    "with * in quotes",
                )
            )
        node, size = self._anchors[event.anchor]
        self._counted(event, size)
        return node

    def _refuse_tag(self, event: yaml.NodeEvent) -> None:
        tag = getattr(event, "tag", None)
        if tag not in {None, "!"}:
            raise _Refused(
                Problem(
                    _place(event),
                    Code.YAML_FEATURE,
                    "a word that starts with ! is a YAML tag, and tags are not taken here",
                    "put text that starts with ! in quotes",
                )
            )

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar:
        if any("\ud800" <= character <= "\udfff" for character in event.value):
            raise _Refused(
                Problem(
                    _place(event),
                    Code.BAD_ENCODING,
                    "an escape in quotation marks names half a character",
                    "write the character itself",
                )
            )
        place = _place(event)
        last = place.line
        if event.end_mark is not None:
            # a block of text (| or >) ends at the start of the line after it
            last = max(last, event.end_mark.line + (1 if event.end_mark.column else 0))
        return Scalar(event.value, event.value, place, event.style is None, last)

    def _items(self, depth: int) -> list[Node]:
        items: list[Node] = []
        while not isinstance(self._loader.peek_event(), yaml.SequenceEndEvent):
            items.append(self._node(depth + 1))
        self._next()
        return items

    def _fields(self, event: yaml.Event, depth: int) -> Fields:
        entries: dict[str, Entry] = {}
        while not isinstance(self._loader.peek_event(), yaml.MappingEndEvent):
            key = self._node(depth + 1)
            if not isinstance(key, Scalar):
                raise _Refused(
                    Problem(
                        key.place,
                        Code.YAML_FEATURE,
                        "a list or a block stands where a field's name is expected",
                        "put text that contains [ ] { } in quotes",
                    )
                )
            if key.plain and key.text == "<<":
                raise _Refused(
                    Problem(
                        key.place,
                        Code.YAML_FEATURE,
                        "<< would merge another block, and merging is not taken here",
                        "repeat the fields",
                    )
                )
            value = self._node(depth + 1)
            first = entries.setdefault(key.text, Entry(key, value))
            if first.key is not key:
                self.problems.append(
                    Problem(
                        key.place,
                        Code.DUPLICATE_KEY,
                        f"`{_short(key.text)}` stands here and on line {first.key.place.line}",
                        "keep one of the two",
                    )
                )
        self._next()
        place = _place(event)
        starts = [entry.key.place for entry in entries.values()]
        if starts and starts[0].line == place.line and starts[0].column == place.column:
            place = starts[0]  # a block without { starts with its first field
        return Fields(tuple(entries.values()), place)


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"  # noqa: PLR2004 - fits on a line


def _place(event: yaml.Event) -> Place:
    start, end = event.start_mark, event.end_mark
    if start is None or end is None:
        return Place()
    width = end.column - start.column if end.line == start.line else 1
    return Place(start.line + 1, start.column + 1, max(1, width))
