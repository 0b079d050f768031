"""A condition that has been read: decides over fields, and says why."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as declared
from functools import cached_property
from hashlib import sha256

from workers.config.matchers.fields import Field, Origin, Shape

__all__ = ["Fields", "Matcher", "Value", "Verdict"]

Value = str | float | tuple[str, ...]
"""A field's value; several where a field holds several."""

Fields = Mapping[str, Value | None]
"""What is known of an item, flat: ``{"kind": "bug", "score.normalised": 0.2, ...}``."""

_SHOWN = 80
_NEGATED = {"!=": "=", "!~": "=~", "not in": "in"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a condition holds, and both sides in words."""

    holds: bool
    expected: str
    actual: str


# no slots: the key is computed once and kept
@dataclass(frozen=True)
class Matcher:
    """One condition: a field, an operator, one value or several."""

    field: Field
    operator: str
    values: tuple[str, ...]
    pattern: re.Pattern[str] | None = declared(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        if self.operator in {"in", "not in"}:
            return f"{self.field.name} {self.operator} ({', '.join(map(quoted, self.values))})"
        return f"{self.field.name} {self.operator} {quoted(self.values[0])}"

    @property
    def negated(self) -> bool:
        """Whether the condition asks that something is not so."""
        return self.operator in _NEGATED

    @property
    def of_part(self) -> bool:
        """Whether it asks what one part of the item said, not what the item is."""
        return self.field.origin is Origin.PART

    @cached_property
    def key(self) -> str:
        """Short name of the positive question behind the condition, stable over versions."""
        positive = _NEGATED.get(self.operator, self.operator)
        asked = "\x1f".join((self.field.name, positive, *self.values))
        return sha256(asked.encode("utf-8", "surrogatepass")).hexdigest()[:12]

    def found(self, fields: Fields) -> bool:
        """Whether the positive question is answered with yes: ``!=`` asks for ``=``."""
        value = fields.get(self.field.name)
        if value is None:
            return False
        if self.pattern is not None:
            return any(self.pattern.search(text) for text in _texts(value))
        if self.operator in {"<", "<=", ">", ">="}:
            return self._compares(value)
        if self.field.shape is Shape.NUMBER:
            return isinstance(value, float | int) and value == float(self.values[0])
        return any(text.casefold() in self._folded for text in _texts(value))

    def holds(self, fields: Fields) -> bool:
        """Whether the condition holds."""
        return self.found(fields) is not self.negated

    def judge(self, fields: Fields) -> Verdict:
        """Whether it holds, with what was expected and what was there."""
        return self.verdict(fields, found=self.found(fields))

    def verdict(self, fields: Fields, *, found: bool) -> Verdict:
        """The same where ``found`` has been answered before."""
        return Verdict(
            found is not self.negated, self.expected, described(fields.get(self.field.name))
        )

    @property
    def expected(self) -> str:
        """What would have to be there, in words."""
        words = " or ".join(quoted(value) for value in self.values)
        return {
            "=": words,
            "in": words,
            "!=": f"anything but {words}",
            "not in": f"anything but {words}",
            "=~": f"a match of {words}",
            "!~": f"no match of {words}",
            "<": f"below {words}",
            "<=": f"{words} or less",
            ">": f"above {words}",
            ">=": f"{words} or more",
        }[self.operator]

    @cached_property
    def _folded(self) -> frozenset[str]:
        return frozenset(value.casefold() for value in self.values)

    def _compares(self, value: Value) -> bool:
        sides = self._sides(value)
        if sides is None:
            return False
        left, right = sides
        match self.operator:
            case "<":
                return left < right
            case "<=":
                return left <= right
            case ">":
                return left > right
            case _:
                return left >= right

    def _sides(self, value: Value) -> tuple[float, float] | None:
        """Both sides as numbers; ``None`` where the value is none, or of no known place."""
        if self.field.ordered:
            places = self.field.values
            if value not in places:
                return None
            return places.index(str(value)), places.index(self.values[0])
        if isinstance(value, tuple):
            return None
        try:
            return float(value), float(self.values[0])
        except ValueError:
            return None


def _texts(value: Value) -> tuple[str, ...]:
    if isinstance(value, tuple):
        return value
    return (value,) if isinstance(value, str) else (f"{value:g}",)


_BARE = re.compile(r"[^\s,()\"'=<>!~]+")


def quoted(value: str) -> str:
    """A value as it is written in a condition."""
    if _BARE.fullmatch(value):
        return value
    return '"' + value.replace('"', '\\"') + '"'


def described(value: Value | None) -> str:
    """A field's value in words, cut to a line."""
    if value is None or value in ("", ()):
        return "nothing"
    words = " ".join(", ".join(_texts(value)).split())
    return words if len(words) <= _SHOWN else words[: _SHOWN - 1] + "…"
