"""Reads a condition; refuses what cannot work, naming the column and the remedy."""

import math
import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from workers.config.matchers.condition import Matcher
from workers.config.matchers.error import MatcherError, nearest
from workers.config.matchers.fields import FIELDS, Field, Shape, field_named
from workers.config.matchers.pattern import PatternError, compile_pattern

__all__ = ["parse_matcher"]

_OPERATORS = ("=", "!=", "=~", "!~", "in", "not in", "<", "<=", ">", ">=")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]*")
_OPERATOR = re.compile(r"not\s+in\b|in\b|[=!<>~]+", re.IGNORECASE)
_WORD = re.compile(r"[^\s,()\"'=<>!~]+")
_SPACE = re.compile(r"\s*")
_INSTEAD = {"==": "=", "<>": "!=", "=<": "<=", "=>": ">=", "~": "=~", "~=": "=~", "!": "!="}


@dataclass(frozen=True, slots=True)
class _Word:
    """A value and the column of each of its characters."""

    text: str
    column: int
    columns: tuple[int, ...] = ()

    def column_of(self, position: int) -> int:
        if not self.columns:
            return self.column
        return self.columns[min(position, len(self.columns) - 1)]


def parse_matcher(text: str, known: Mapping[str, Collection[str]] | None = None) -> Matcher:
    """The condition in ``text``; raises ``MatcherError``.

    ``known`` holds the values that other files declare, by field: ``{"area": ("billing",)}``.
    A field that it does not name takes any value.
    """
    return _Parser(text, known or {}).parse()


class _Parser:
    def __init__(self, text: str, known: Mapping[str, Collection[str]]) -> None:
        self._text = text
        self._known = known
        self._at = 0

    def parse(self) -> Matcher:
        field = self._field()
        operator = self._operator(field)
        several = operator in {"in", "not in"}
        words = self._list() if several else (self._value(),)
        self._end()
        values = tuple(self._checked(field, operator, word) for word in words)
        pattern = _pattern(words[0]) if operator in {"=~", "!~"} else None
        return Matcher(field, operator, values, pattern)

    def _skip(self) -> None:
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found else self._at

    @property
    def _column(self) -> int:
        return self._at + 1

    def _rest(self) -> str:
        found = re.compile(r"\S+").match(self._text, self._at)
        return found[0][:40] if found else ""

    def _field(self) -> Field:
        self._skip()
        found = _NAME.match(self._text, self._at)
        if found is None:
            raise MatcherError(
                self._column,
                f"a field is missing before {self._rest()!r}"
                if self._rest()
                else "the condition is empty",
                "write a field, an operator and a value, such as kind = bug",
            )
        field = field_named(found[0])
        if field is None:
            names = [known.name for known in FIELDS]
            raise MatcherError(
                self._column,
                f"there is no field {found[0]}",
                nearest(found[0], [*names, "attributes.<name>"]),
            )
        self._at = found.end()
        return field

    def _operator(self, field: Field) -> str:
        self._skip()
        found = _OPERATOR.match(self._text, self._at)
        if found is None:
            rest = self._rest()
            raise MatcherError(
                self._column,
                f"an operator is missing after {field.name}"
                if not rest
                else f"{rest!r} is no operator",
                f"use one of {' '.join(field.operators)}",
            )
        written = " ".join(found[0].lower().split())
        if written not in _OPERATORS:
            instead = _INSTEAD.get(written)
            raise MatcherError(
                self._column,
                f"{written} is no operator",
                f"use {instead}" if instead else f"use one of {' '.join(field.operators)}",
            )
        if written not in field.operators:
            raise MatcherError(
                self._column,
                f"{field.name} cannot be compared with {written}",
                f"use one of {' '.join(field.operators)}",
            )
        self._at = found.end()
        return written

    def _value(self) -> _Word:
        self._skip()
        start = self._at
        quote = self._text[start : start + 1]
        if quote and quote in "\"'":
            return self._quoted(quote)
        found = _WORD.match(self._text, start)
        if found is None:
            rest = self._rest()
            raise MatcherError(
                self._column,
                "a value is missing" if not rest else f"a value is missing before {rest!r}",
                'write a value after the operator, in "quotes" where it holds spaces or signs',
            )
        self._at = found.end()
        return _Word(found[0], start + 1, tuple(range(start + 1, found.end() + 1)))

    def _quoted(self, quote: str) -> _Word:
        start = self._at
        characters: list[str] = []
        columns: list[int] = []
        at = start + 1
        while at < len(self._text):
            character = self._text[at]
            if character == quote:
                self._at = at + 1
                return _Word("".join(characters), start + 1, tuple(columns))
            if character == "\\" and self._text[at + 1 : at + 2] == quote:
                at += 1
                character = quote
            characters.append(character)
            columns.append(at + 1)
            at += 1
        raise MatcherError(
            start + 1, "a quotation mark is opened and not closed", f"add {quote} at the end"
        )

    def _list(self) -> tuple[_Word, ...]:
        self._skip()
        if self._text[self._at : self._at + 1] != "(":
            raise MatcherError(self._column, "a list is missing", "write the values as (one, two)")
        self._at += 1
        words: list[_Word] = []
        while True:
            words.append(self._value())
            self._skip()
            separator = self._text[self._at : self._at + 1]
            if separator == ",":
                self._at += 1
                continue
            if separator == ")":
                self._at += 1
                return tuple(words)
            raise MatcherError(
                self._column,
                "the list is not closed" if not separator else f"unexpected {self._rest()!r}",
                "separate values with commas and end the list with )",
            )

    def _end(self) -> None:
        self._skip()
        rest = self._rest()
        if not rest:
            return
        if rest.lower() in {"and", "or", "&&", "||"}:
            raise MatcherError(
                self._column,
                f"{rest!r} cannot join conditions",
                "write each condition as an entry of its own under match; for or, "
                "use in (...) or a second route",
            )
        raise MatcherError(
            self._column,
            f"unexpected {rest!r} after the value",
            'put a value with spaces in "quotes"',
        )

    def _checked(self, field: Field, operator: str, word: _Word) -> str:
        text = unicodedata.normalize("NFKC", word.text)
        if operator in {"=~", "!~"}:
            if not text:
                raise MatcherError(
                    word.column, "the expression is empty", "write what to search for"
                )
            return text
        if field.shape is Shape.NUMBER or (
            field.shape is Shape.NAME and operator in {"<", "<=", ">", ">="}
        ):
            return _number(field, word)
        allowed = field.values or tuple(self._known.get(field.name, ()))
        if not allowed:
            return text
        folded = {value.casefold(): value for value in allowed}
        if text.casefold() not in folded:
            raise MatcherError(
                word.column,
                f"{field.name} is never {text!r}",
                nearest(text, allowed),
            )
        return folded[text.casefold()]


def _number(field: Field, word: _Word) -> str:
    try:
        finite = math.isfinite(float(word.text))
    except ValueError:
        finite = False
    if not finite:
        raise MatcherError(
            word.column,
            f"{field.name} is compared with a number, and {word.text!r} is none",
            "write a number such as 0.4",
        )
    return word.text


def _pattern(word: _Word) -> re.Pattern[str]:
    try:
        return compile_pattern(unicodedata.normalize("NFKC", word.text))
    except PatternError as error:
        raise MatcherError(word.column_of(error.position), error.message, error.remedy) from error
