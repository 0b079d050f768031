"""What pydantic refuses, in the words of somebody who edits YAML."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from workers.config.documents import Fields, Items, Node, Scalar
from workers.config.fields import in_words
from workers.config.findings import Code

__all__ = ["Explanation", "Subject", "did_you_mean", "explain"]

_SHOWN = 40
_SEE = "see docs/configuration.md for what it takes"


@dataclass(frozen=True, slots=True)
class Explanation:
    """The words of a finding."""

    code: Code
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What an error is about."""

    name: str
    """As it is called in a sentence: ```due_in```, or ``entry 2 of `keywords```."""
    node: Node
    field: FieldInfo | None
    secret: bool

    @property
    def given(self) -> str:
        """The present value, as written: "is `x`", or what it is instead of a value."""
        if isinstance(self.node, Items):
            return "is a list"
        if isinstance(self.node, Fields):
            return "is a block of fields"
        if self.secret or not self.node.written.strip():
            return "is empty" if not self.node.text else "is something else"
        words = " ".join(self.node.written.split())
        return f"is `{words if len(words) <= _SHOWN else words[: _SHOWN - 1] + '…'}`"

    @property
    def example(self) -> str:
        """A remedy that shows the field's example."""
        examples = self.field.examples if self.field is not None else None
        if not examples or isinstance(examples[0], dict | list):
            return ""
        return f"write it like `{examples[0]}`"


def did_you_mean(given: str, allowed: Iterable[str], *, what: str) -> str:
    """A remedy for a name that does not exist: the nearest, and all of them."""
    names = list(dict.fromkeys(allowed))
    if not names:
        return f"there are no {what} yet: add one, or remove this line"
    shown = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")  # noqa: PLR2004 - a line
    close = get_close_matches(given.casefold(), names, n=1, cutoff=0.6)
    hint = f"did you mean `{close[0]}`? " if close else ""
    return f"{hint}The {what} are: {shown}" if hint else f"the {what} are: {shown}"


_KINDS: dict[str, tuple[str, str]] = {
    "string": ("text", "put a single value after the colon"),
    "int": ("a whole number", "write digits only, such as 5"),
    "float": ("a number", "write it like 0.5 or 5"),
    "decimal": ("a number", "write it like 0.5 or 5"),
    "fraction": ("a number", "write it like 0.5 or 5"),
    "complex": ("a number", "write it like 0.5 or 5"),
    "finite": ("a number", "write it like 0.5 or 5"),
    "bool": ("true or false", "write true or false"),
    "list": ("a list", "start each entry on a line of its own with `- `"),
    "tuple": ("a list", "start each entry on a line of its own with `- `"),
    "set": ("a list", "start each entry on a line of its own with `- `"),
    "frozen": ("a list", "start each entry on a line of its own with `- `"),
    "deque": ("a list", "start each entry on a line of its own with `- `"),
    "iterable": ("a list", "start each entry on a line of its own with `- `"),
    "model": ("a block of fields", "write `field: value` lines beneath it, indented"),
    "dataclass": ("a block of fields", "write `field: value` lines beneath it, indented"),
    "dict": ("a block of fields", "write `field: value` lines beneath it, indented"),
    "mapping": ("a block of fields", "write `field: value` lines beneath it, indented"),
    "date": ("a date", "write it like 2026-03-01"),
    "datetime": ("a date and time", "write it like 2026-03-01T09:00:00Z"),
    "timezone": ("a date and time with a zone", "write it like 2026-03-01T09:00:00Z"),
    "time_delta": ("a length of time", "write it like PT15M or 900"),
    "time": ("a time of day", "write it like 09:30"),
    "url": ("a web address", "write it in full, starting with https://"),
    "uuid": ("a UUID", "copy it from the tool: 8-4-4-4-12 hexadecimal digits"),
    "bytes": ("text", "put a single value after the colon"),
    "path": ("a path", "write the path of a file or folder that exists"),
    "json": ("JSON text", "put it in single quotes"),
}
_FORM = re.compile(
    rf"^({'|'.join(sorted(_KINDS, key=len, reverse=True))})"
    r"(?:_attributes|_object|_exact|_str|_set|_dict|_from\w+)?_?"
    r"(?:type|parsing|parsing_size|unicode|number|invalid|from_float|scheme|syntax_violation|"
    r"from_date_parsing|from_datetime_parsing|from_datetime_inexact|version|naive|aware|offset|"
    r"past|future|max_digits|max_places|whole_digits|invalid_encoding|not_ascii|not_file|"
    r"not_directory|exists)$"
)
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'")


def explain(error: ErrorDetails, subject: Subject) -> Explanation:
    """An error's code, message and remedy."""
    if "url" not in error:  # pydantic's own errors carry the address of their description
        return _own(error, subject)
    explained = _BY_TYPE.get(error["type"])
    if explained is not None:
        return explained(error, subject)
    form = _FORM.match(error["type"])
    if form:
        expected, remedy = _KINDS[form[1]]
        return Explanation(
            Code.WRONG_TYPE, f"{subject.name} must be {expected}, but {subject.given}", remedy
        )
    return Explanation(
        Code.BAD_VALUE,
        f"{subject.name} {subject.given}, which is not accepted",
        subject.example or _SEE,
    )


def _own(error: ErrorDetails, subject: Subject) -> Explanation:
    """A refusal in our own words, or a connector's: it goes on after the field's name."""
    code = {
        "receiver_kind": Code.RECEIVER_KIND,
        "root_match": Code.ROOT_ROUTE,
        "root_receiver": Code.ROOT_ROUTE,
    }.get(error["type"], Code.BAD_VALUE)
    remedy = error.get("ctx", {}).get("remedy", "")
    return Explanation(code, f"{subject.name} {error['msg']}", str(remedy) or subject.example)


def _of_validator(error: ErrorDetails, subject: Subject) -> Explanation:
    words = " ".join(str(error.get("ctx", {}).get("error", "is not accepted")).split())
    return Explanation(Code.BAD_VALUE, f"{subject.name}: {words}", subject.example or _SEE)


def _choice(error: ErrorDetails, subject: Subject) -> Explanation:
    context = error.get("ctx", {})
    words = str(context.get("expected") or context.get("expected_tags") or "")
    allowed = [found.replace("\\'", "'") for found in _QUOTED.findall(words)] or words.split(" or ")
    if error["type"].startswith("union"):
        tag = str(context.get("discriminator", "")).strip("'")
        given = context.get("tag")
        if given is None:
            return Explanation(
                Code.MISSING_FIELD, f"`{tag}` is missing", f"add `{tag}:` to say which kind it is"
            )
        return Explanation(
            Code.NOT_ALLOWED,
            f"`{tag}` is `{given}`, which is not allowed",
            did_you_mean(str(given), allowed, what="allowed values"),
        )
    given = subject.node.text if isinstance(subject.node, Scalar) else ""
    return Explanation(
        Code.NOT_ALLOWED,
        f"{subject.name} {subject.given}, which is not allowed",
        did_you_mean(given, allowed, what="allowed values"),
    )


def _limits(subject: Subject) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for constraint in subject.field.metadata if subject.field is not None else ():
        for name in ("ge", "gt", "le", "lt"):
            value = getattr(constraint, name, None)
            if value is not None:
                found[name] = value
    return found


def _written(limit: Any) -> str:
    if isinstance(limit, timedelta):
        return in_words(limit)
    return f"{limit:g}" if isinstance(limit, float) else str(limit)


def _range(error: ErrorDetails, subject: Subject) -> Explanation:
    limits = _limits(subject)
    if not limits:
        limits = {
            name: value
            for name, value in error.get("ctx", {}).items()
            if not isinstance(value, str)
        }
    words = {"ge": "at least {}", "gt": "more than {}", "le": "at most {}", "lt": "less than {}"}
    allowed = " and ".join(
        template.format(_written(limits[name]))
        for name, template in words.items()
        if name in limits
    )
    return Explanation(
        Code.OUT_OF_RANGE,
        f"{subject.name} {subject.given}, which is out of range",
        f"write {allowed}" if allowed else "write a value within the range",
    )


def _length(error: ErrorDetails, subject: Subject) -> Explanation:
    context = error.get("ctx", {})
    what = "characters" if error["type"].startswith(("string", "bytes", "url")) else "entries"
    if error["type"].endswith("too_short"):
        least = context.get("min_length", 1)
        if least == 1:
            thing = "a value" if what == "characters" else "at least one entry"
            return Explanation(Code.OUT_OF_RANGE, f"{subject.name} is empty", f"give it {thing}")
        return Explanation(
            Code.OUT_OF_RANGE, f"{subject.name} is too short", f"give it at least {least} {what}"
        )
    most = context.get("max_length", "fewer")
    return Explanation(
        Code.OUT_OF_RANGE, f"{subject.name} is too long", f"keep it to {most} {what}"
    )


def _multiple(error: ErrorDetails, subject: Subject) -> Explanation:
    step = error.get("ctx", {}).get("multiple_of")
    return Explanation(
        Code.OUT_OF_RANGE, f"{subject.name} {subject.given}", f"write a multiple of {step}"
    )


def _form(error: ErrorDetails, subject: Subject) -> Explanation:
    del error
    return Explanation(
        Code.BAD_VALUE,
        f"{subject.name} does not have the expected form",
        subject.example or _SEE,
    )


_BY_TYPE: dict[str, Callable[[ErrorDetails, Subject], Explanation]] = {
    "value_error": _of_validator,
    "assertion_error": _of_validator,
    "enum": _choice,
    "literal_error": _choice,
    "union_tag_invalid": _choice,
    "union_tag_not_found": _choice,
    "greater_than": _range,
    "greater_than_equal": _range,
    "less_than": _range,
    "less_than_equal": _range,
    "multiple_of": _multiple,
    "too_short": _length,
    "too_long": _length,
    "string_too_short": _length,
    "string_too_long": _length,
    "bytes_too_short": _length,
    "bytes_too_long": _length,
    "url_too_long": _length,
    "string_pattern_mismatch": _form,
}
