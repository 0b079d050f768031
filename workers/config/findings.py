"""What a check found: where it is, what is wrong in plain words, and what to do about it."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Code", "ConfigurationInvalid", "Finding", "Place", "Problem", "printable", "snippet_of"]

SNIPPET_WIDTH = 100
"""Columns of a file's line that a snippet shows."""


class Code(StrEnum):
    """What kind of thing is wrong. Stable: scripts may match on it."""

    MISSING_FILE = "missing-file"
    """A file, or the folder of the configuration, is not there."""
    UNREADABLE_FILE = "unreadable-file"
    """A file is there and cannot be read, or is no plain file."""
    TOO_LARGE = "too-large"
    """A file is over 1 MiB, has too many values, or is nested too deeply."""
    BAD_ENCODING = "bad-encoding"
    """A file is not UTF-8, or holds a control character."""
    YAML_SYNTAX = "yaml-syntax"
    """The file is no valid YAML; nothing else is checked in it."""
    YAML_FEATURE = "yaml-feature"
    """Valid YAML that is not taken here: tags, merge keys, several documents, lists as keys."""
    DUPLICATE_KEY = "duplicate-key"
    """A block holds the same field twice."""
    UNKNOWN_FIELD = "unknown-field"
    """There is no such field here."""
    MISSING_FIELD = "missing-field"
    """A field is required and absent, or has no value."""
    WRONG_TYPE = "wrong-type"
    """A list where text is expected, a word where a number is, and the like."""
    BAD_VALUE = "bad-value"
    """The value has the right type and not the right form."""
    OUT_OF_RANGE = "out-of-range"
    """A number, a length of time, a list or a text is too small or too large."""
    NOT_ALLOWED = "not-allowed"
    """The value is none of those that are allowed."""
    RECEIVER_KIND = "receiver-kind"
    """A receiver has none, or more than one, of `slack`, `slack_webhook`, `webhook`."""
    ROOT_ROUTE = "root-route"
    """The first route has conditions, or names no receiver."""
    DUPLICATE_NAME = "duplicate-name"
    """Two people, teams, areas, receivers, routes or sources share a name."""
    RESERVED_NAME = "reserved-name"
    """A name that means something else: a person called `area`."""
    UNKNOWN_PERSON = "unknown-person"
    """No person in `team.yaml` has this id."""
    UNKNOWN_TEAM = "unknown-team"
    """No team in `team.yaml` has this id."""
    UNKNOWN_RECEIVER = "unknown-receiver"
    """No receiver in `routes.yaml` has this name."""
    UNKNOWN_CONNECTOR = "unknown-connector"
    """There is no such connector."""
    BAD_CONDITION = "bad-condition"
    """A condition of a route cannot be read, or can never hold."""
    UNREACHABLE_ROUTE = "unreachable-route"
    """A route before this one takes everything that could come here."""
    LITERAL_SECRET = "literal-secret"  # noqa: S105 - the name of a finding
    """A token, key or password stands in the file itself."""
    MISSING_VARIABLE = "missing-variable"
    """A `${NAME}` names an environment variable that is not set."""
    BAD_REFERENCE = "bad-reference"
    """A `${` is not followed by a name and `}`."""
    SECRET_FILE = "secret-file"  # noqa: S105 - the name of a finding
    """The file that a `NAME_FILE` variable names cannot be used."""
    ENVIRONMENT = "environment"
    """An environment variable of the system itself has an unusable value."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where in a file, counted from 1; ``width`` characters are meant."""

    line: int = 1
    column: int = 1
    width: int = 1


@dataclass(frozen=True, slots=True)
class Problem:
    """A finding before the lines around it are shown."""

    place: Place
    code: Code
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. Holds no secret: the snippet is masked."""

    path: str
    line: int
    """Counted from 1; 0 where the finding is about no line."""
    column: int
    code: Code
    message: str
    remedy: str
    snippet: str
    """Up to three numbered lines and a caret; empty where there is no file to show."""

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}:{self.column}" if self.line else self.path
        parts = [
            f"{where} {self.code} {self.message}",
            self.snippet,
            f"  fix: {self.remedy}" if self.remedy else "",
        ]
        return "\n".join(part for part in parts if part)


# reads as what the configuration is
class ConfigurationInvalid(Exception):  # noqa: N818
    """The configuration cannot be used; ``findings`` are all of them, by file and line."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("\n".join(str(finding) for finding in findings))
        self.findings = tuple(findings)


def snippet_of(lines: Sequence[str], place: Place) -> str:
    """The line, the ones before and after it, and a caret beneath the place.

    Lines are cut to ``SNIPPET_WIDTH`` columns around the place, and what a terminal would
    obey instead of show (controls, marks that change direction) becomes a dot.
    """
    if not 1 <= place.line <= len(lines):
        return ""
    start = max(0, place.column - 1 - SNIPPET_WIDTH * 3 // 4)
    last = min(len(lines), place.line + 1)
    digits = len(str(last))
    shown: list[str] = []
    for number in range(max(1, place.line - 1), last + 1):
        text = printable(lines[number - 1][start : start + SNIPPET_WIDTH])
        shown.append(f"  {number:>{digits}} | {text}".rstrip())
        if number == place.line:
            before = place.column - 1 - start
            room = max(1, min(place.width, SNIPPET_WIDTH - before))
            shown.append(f"  {'':>{digits}} | {' ' * before}{'^' * room}")
    return "\n".join(shown)


def printable(text: str) -> str:
    """Text without what a terminal would obey instead of show."""
    return "".join(
        " " if character == "\t" else "·" if _obeyed(character) else character for character in text
    )


def _obeyed(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
