"""Whether today's schema of an event type still keeps what the last release promised.

Records stay in topics for months and other teams read them, so within a version

* whatever was written must still be readable: nothing narrower, nothing newly required;
* whatever a reader relied on must still be there: no field, type or guarantee goes away.

Widening is allowed (a longer text, another value of an enumeration, a new optional field):
readers are upgraded before writers. Anything else makes a ``v2``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["Incompatibility", "incompatibilities"]

Schema = dict[str, Any]

_AT_LEAST = ("minLength", "minItems", "minimum", "exclusiveMinimum", "minProperties")
_AT_MOST = ("maxLength", "maxItems", "maximum", "exclusiveMaximum", "maxProperties")
_FIXED = ("format", "pattern", "const", "default", "contentEncoding", "uniqueItems", "multipleOf")
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Incompatibility:
    """One broken promise: where in the event, and what."""

    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.path}: {self.what}"


def incompatibilities(old: Schema, new: Schema) -> list[Incompatibility]:
    """Everything in ``new`` that breaks a promise of ``old``."""
    return list(_compare("event", old, new, _Roots(old, new)))


@dataclass(frozen=True, slots=True)
class _Roots:
    """The two documents, in which references are looked up."""

    old: Schema
    new: Schema


def _resolve(node: Schema, root: Schema) -> Schema:
    reference = node.get("$ref")
    if reference is None:
        return node
    target = root["$defs"][reference.removeprefix("#/$defs/")]
    return {**target, **{key: value for key, value in node.items() if key != "$ref"}}


def _compare(path: str, old: Schema, new: Schema, roots: _Roots) -> Iterator[Incompatibility]:
    old, new = _resolve(old, roots.old), _resolve(new, roots.new)
    if "anyOf" in old or "anyOf" in new:
        yield from _alternatives(path, old, new, roots)
        return
    if old.get("type") != new.get("type"):
        yield Incompatibility(path, f"type {old.get('type')} became {new.get('type')}")
        return
    yield from _keywords(path, old, new)
    yield from _object(path, old, new, roots)
    for keyword, place in (("items", "[]"), ("additionalProperties", ".*")):
        yield from _nested(f"{path}{place}", keyword, old, new, roots)


def _alternatives(path: str, old: Schema, new: Schema, roots: _Roots) -> Iterator[Incompatibility]:
    """``anyOf`` by type: pydantic writes it for ``X | None``."""
    before = {_kind(part, roots.old): part for part in old.get("anyOf", [old])}
    after = {_kind(part, roots.new): part for part in new.get("anyOf", [new])}
    if before.keys() != after.keys():
        yield Incompatibility(path, f"types {_listed(before)} became {_listed(after)}")
        return
    yield from _keywords(path, old, new)
    for kind, part in before.items():
        yield from _compare(path, part, after[kind], roots)


def _kind(node: Schema, root: Schema) -> str:
    return str(_resolve(node, root).get("type"))


def _listed(values: Any) -> str:
    return " or ".join(sorted(str(value) for value in values))


def _keywords(path: str, old: Schema, new: Schema) -> Iterator[Incompatibility]:
    for keyword in _FIXED:
        before, after = old.get(keyword, _ABSENT), new.get(keyword, _ABSENT)
        if before != after:
            yield Incompatibility(path, f"{keyword} {_shown(before)} became {_shown(after)}")
    for keywords, narrower in ((_AT_LEAST, float.__gt__), (_AT_MOST, float.__lt__)):
        for keyword in keywords:
            before, after = old.get(keyword), new.get(keyword)
            if after is not None and (before is None or narrower(float(after), float(before))):
                yield Incompatibility(path, f"{keyword} narrowed from {before} to {after}")
    if "enum" in new and "enum" not in old:
        yield Incompatibility(path, "any value became an enumeration")
    elif "enum" in old and "enum" not in new:
        yield Incompatibility(path, "an enumeration became any value")
    elif gone := [value for value in old.get("enum", ()) if value not in new["enum"]]:
        yield Incompatibility(path, f"no longer allows {_listed(gone)}")


def _shown(value: object) -> str:
    return "(none)" if value is _ABSENT else repr(value)


def _object(path: str, old: Schema, new: Schema, roots: _Roots) -> Iterator[Incompatibility]:
    before, after = old.get("properties", {}), new.get("properties", {})
    required_before, required_after = set(old.get("required", ())), set(new.get("required", ()))
    for name in before:
        if name in after:
            yield from _compare(f"{path}.{name}", before[name], after[name], roots)
        else:
            yield Incompatibility(f"{path}.{name}", "was removed")
    for name in sorted(required_after - required_before):
        yield Incompatibility(f"{path}.{name}", "is newly required")
    for name in sorted((required_before - required_after) & after.keys()):
        yield Incompatibility(f"{path}.{name}", "is no longer always there")


def _nested(
    path: str, keyword: str, old: Schema, new: Schema, roots: _Roots
) -> Iterator[Incompatibility]:
    """A keyword that holds a schema, or ``true``/``false``; absent means anything goes."""
    before, after = old.get(keyword, True), new.get(keyword, True)
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _compare(path, before, after, roots)
    elif before != after:
        yield Incompatibility(path, f"{keyword} {before} became {after}")
