"""Which dead letters a page is about: the filters in its address, as on the command line."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlencode

from pydantic import TypeAdapter, ValidationError

from schemas.platform import ErrorClass
from workers.archive.queries import DeadLetterFilter
from workers.config.fields import Since
from workers.letters.choice import ORIGINS, LetterFilter
from workers.web.filters import BadQueryError

__all__ = ["LABELS", "LetterQuery"]

LABELS = {
    "topic": "Topic",
    "source": "Source",
    "error_class": "Reason",
    "since": "Failed since",
    "until": "Failed before",
    "key": "Key",
    "key_hex": "Key in hexadecimal",
}
_MAX = 256
_MAX_KEY = 2_048
_MAX_FIELDS = 20
_POINT: TypeAdapter[datetime | timedelta] = TypeAdapter(Since)


@dataclass(frozen=True, slots=True)
class LetterQuery:
    """The filters as they stand in the address; empty means any."""

    topic: str = ""
    source: str = ""
    error_class: str = ""
    since: str = ""
    """Of the last failure: a date, a moment, or how long ago, such as ``24h``."""
    until: str = ""
    key: str = ""
    """Of the dead record, as text."""
    key_hex: str = ""
    """The same for a key that is not text."""
    settled: str = ""
    """``1``: also those that were replayed or dropped."""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> "LetterQuery":
        """From the parameters of a request; raises ``BadQueryError``."""
        query = cls(**{field.name: given.get(field.name, "") for field in fields(cls)})
        query = replace(
            query,
            **{name: getattr(query, name).strip() for name in LABELS if name != "key"},
        )
        for name in LABELS:
            value, most = getattr(query, name), _MAX_KEY if name.startswith("key") else _MAX
            if len(value) > most or "\x00" in value:
                raise BadQueryError(f"{name} is longer than {most} characters or not text")
        known = tuple(error.value for error in ErrorClass)
        if query.error_class and query.error_class not in known:
            raise BadQueryError(f"error_class can be {', '.join(known)}")
        if query.settled not in {"", "1"}:
            raise BadQueryError("settled can be 1, for those too that were replayed or dropped")
        if query.key and query.key_hex:
            raise BadQueryError("key and key_hex exclude one another")
        for name in ("since", "until"):
            _point(name, getattr(query, name))
        _ = query.key_bytes
        return query

    @classmethod
    def decoded(cls, text: str) -> "LetterQuery":
        """From ``encoded``; raises ``BadQueryError``."""
        try:
            return cls.read(dict(parse_qsl(text, max_num_fields=_MAX_FIELDS)))
        except ValueError as error:
            raise BadQueryError(str(error)) from None

    @property
    def encoded(self) -> str:
        """In one word, for a hidden field: what a page shows lacks the characters that hide."""
        return urlencode(self.parameters)

    @property
    def chosen(self) -> dict[str, str]:
        """What is set, in the order of the fields, without ``settled``."""
        return {name: value for name in LABELS if (value := getattr(self, name))}

    @property
    def parameters(self) -> dict[str, str]:
        """Everything that is set."""
        return self.chosen | ({"settled": "1"} if self.settled else {})

    @property
    def key_bytes(self) -> bytes | None:
        """The key; raises ``BadQueryError`` when ``key_hex`` is none."""
        if self.key_hex:
            try:
                return bytes.fromhex(self.key_hex)
            except ValueError:
                raise BadQueryError("key_hex is two digits a byte, such as 00ff41") from None
        return self.key.encode() if self.key else None

    def address(self, **further: str) -> str:
        """The list with these filters and further parameters."""
        parameters = {**self.parameters, **further}
        return f"/dead-letters?{urlencode(parameters)}" if parameters else "/dead-letters"

    def without(self, name: str) -> str:
        """The list without one of the filters."""
        return replace(self, **{name: ""}).address()

    def fixed(self, now: datetime) -> "LetterQuery":
        """The same with moments instead of lengths of time, and nothing that fails later."""
        since, until = _moment("since", self.since, now), _moment("until", self.until, now)
        return replace(
            self,
            settled="",
            since=since.isoformat() if since else "",
            until=min(until or now, now).isoformat(),
        )

    def in_archive(self, now: datetime) -> DeadLetterFilter:
        """What the archive is asked."""
        return DeadLetterFilter(
            topic=self.topic or None,
            source=self.source or None,
            error_class=self.error_class or None,
            since=_moment("since", self.since, now),
            until=_moment("until", self.until, now),
            key=self.key_bytes,
            settled_too=self.settled == "1",
        )

    def in_kafka(self, now: datetime) -> LetterFilter:
        """The open letters that an action is about; raises ``BadQueryError``."""
        if self.topic and self.topic not in ORIGINS:
            raise BadQueryError(f"topic can be {', '.join(ORIGINS)}")
        return LetterFilter(
            topic=self.topic or None,
            source=self.source or None,
            error_class=ErrorClass(self.error_class) if self.error_class else None,
            since=_moment("since", self.since, now),
            until=_moment("until", self.until, now),
            key=self.key_bytes,
        )


def _moment(name: str, text: str, now: datetime) -> datetime | None:
    found = _point(name, text)
    try:
        return now - found if isinstance(found, timedelta) else found
    except OverflowError:
        raise BadQueryError(f"{name} is longer ago than there are dates") from None


def _point(name: str, text: str) -> datetime | timedelta | None:
    if not text:
        return None
    try:
        return _POINT.validate_python(text)
    except ValidationError:
        raise BadQueryError(
            f"{name} is a date such as 2026-03-01, a moment such as 2026-03-01T09:00:00Z, or how "
            "long ago, such as 24h or 7d"
        ) from None
