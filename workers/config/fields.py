"""Kinds of value that the configuration files share: names, durations, moments, addresses.

Values arrive from YAML as text (see ``yaml_source``), from Python as what they are. Every
refusal is a ``PydanticCustomError``: its type becomes the finding's explanation, its message
is written for the person who edits the file.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

__all__ = [
    "ConfigModel",
    "Duration",
    "HttpAddress",
    "Identifier",
    "Label",
    "MailAddress",
    "Moment",
    "Since",
    "SlackMember",
    "in_words",
    "parse_duration",
    "refusal",
]


class ConfigModel(BaseModel):
    """Base of everything in the configuration files: immutable, no unknown keys.

    The docstring beneath a field is its description in ``docs/configuration.md``.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
        validate_by_name=True,
        validate_by_alias=True,
    )


def refusal(kind: str, problem: str, remedy: str) -> PydanticCustomError:
    """A refusal whose words go on after the field's name: "`due_in` is not a ..."."""
    # the braces of a reference are not a placeholder of the message
    return PydanticCustomError(kind, "{problem}", {"problem": problem, "remedy": remedy})


def _formed(pattern: str, kind: str, problem: str, remedy: str) -> Callable[[str], str]:
    form = re.compile(pattern, re.ASCII)

    def check(value: str) -> str:
        if form.fullmatch(value) is None:
            raise refusal(kind, problem, remedy)
        return value

    return check


Identifier = Annotated[
    str,
    Field(title="name", min_length=1, max_length=64),
    AfterValidator(
        _formed(
            r"[a-z0-9][a-z0-9_-]*",
            "identifier",
            "may hold only small letters a to z, digits, - and _",
            "write it like billing or mobile-app; `name` fields for people may hold anything",
        )
    ),
]
"""A name that other files and events refer to: lower case, digits, ``-`` and ``_``."""

MailAddress = Annotated[
    str,
    Field(title="mail address", max_length=320),
    AfterValidator(
        _formed(
            r"[^@\s]+@[^@\s]+", "mail", "is not a mail address", "write it like ana@example.com"
        )
    ),
]
"""A mail address."""

SlackMember = Annotated[
    str,
    Field(title="Slack member id", max_length=32),
    AfterValidator(
        _formed(
            r"[UW][A-Z0-9]{2,}",
            "slack_member",
            "is not a Slack member id",
            "copy it in Slack: open the profile, the three dots, Copy member ID (U024BE7LH)",
        )
    ),
]
"""A Slack member id: ``U024BE7LH``."""

Label = Annotated[str, Field(min_length=1, max_length=128)]
"""A name for people to read."""

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_DURATION = re.compile(r"^(\d{1,9})\s?([smhdw])$", re.ASCII)


def parse_duration(value: Any) -> Any:
    """``60s``, ``15m``, ``24h``, ``30d`` or ``2w`` as a ``timedelta``; a ``timedelta`` as it is."""
    if isinstance(value, timedelta):
        return value
    found = _DURATION.match(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise refusal(
            "duration", "is not a length of time", "write a number and a unit: 60s, 15m, 24h or 30d"
        )
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])


def in_words(duration: timedelta) -> str:
    """A duration as it is written in YAML, in the largest unit that divides it: ``24h``."""
    seconds = int(duration.total_seconds())
    for unit in ("d", "h", "m"):
        if seconds and seconds % _UNITS[unit] == 0:
            return f"{seconds // _UNITS[unit]}{unit}"
    return f"{seconds}s"


Duration = Annotated[timedelta, BeforeValidator(parse_duration, json_schema_input_type=str)]
"""A length of time: ``60s``, ``15m``, ``24h``, ``30d``, ``2w``."""


def _parse_moment(value: Any) -> Any:
    """An ISO date (midnight UTC) or an ISO date and time with its zone."""
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, date):
        moment = datetime.combine(value, time.min, UTC)
    else:
        moment = _read_moment(value)
    if moment.tzinfo is None:
        raise refusal(
            "moment_zone", "has no time zone", "add Z for UTC, or an offset such as +01:00"
        )
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise refusal("moment", "is outside the years a date can have", "correct it") from error


def _read_moment(value: Any) -> datetime:
    text = value.strip() if isinstance(value, str) else ""
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            return datetime.combine(date.fromisoformat(text), time.min, UTC)
        if re.match(r"\d{4}-\d{2}-\d{2}[T ]\d", text, re.ASCII):
            return datetime.fromisoformat(text)
    except ValueError:
        pass
    raise refusal(
        "moment", "is not a date", "write 2026-03-01, or 2026-03-01T09:00:00Z for a time of day"
    )


Moment = Annotated[datetime, BeforeValidator(_parse_moment, json_schema_input_type=str)]
"""A moment: ``2026-03-01`` (midnight UTC) or ``2026-03-01T09:00:00Z``. Kept in UTC."""


def _parse_since(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value
    if isinstance(value, str) and _DURATION.match(value.strip()):
        return parse_duration(value)
    try:
        return _parse_moment(value)
    except PydanticCustomError as error:
        if error.type != "moment":
            raise
        raise refusal(
            "since",
            "is neither a date nor a length of time",
            "write a date such as 2026-03-01, or how far back, such as 30d",
        ) from error


Since = Annotated[datetime | timedelta, BeforeValidator(_parse_since, json_schema_input_type=str)]
"""A point in the past: a date (``2026-03-01``) or a length of time before now (``30d``)."""


def _check_address(value: str) -> str:
    try:
        parts = urlsplit(value)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        usable = False
    if not usable or any(character.isspace() for character in value):
        raise refusal("address", "is not a web address", "write it in full, starting with https://")
    return value


HttpAddress = Annotated[
    str, AfterValidator(_check_address), Field(title="web address", max_length=2_048)
]
"""A web address in full: ``https://example.com/hook``."""
