"""From a row to an event: a pure function, raising ``DataError``."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from connectors.base.errors import DataError
from connectors.base.identity import content_hash, event_id, item_id, received
from connectors.base.moments import not_ahead, parse_moment
from connectors.base.text import clean_line, clean_tags, clean_text
from connectors.files.settings import Columns, Settings
from schemas.envelope import Event
from schemas.feedback import Customer, FeedbackReceived, Part, Score

__all__ = ["Mapper"]

VENDOR = "files"
_FIELDS = frozenset(Columns.model_fields) - {"attributes"}
_BETWEEN_TAGS = re.compile(r"[,;|]")


@dataclass(frozen=True)
class Mapper:
    """Maps the rows of one source."""

    source_name: str
    settings: Settings

    @cached_property
    def _named(self) -> dict[str, str]:
        return self.settings.columns.named()

    @cached_property
    def _constants(self) -> dict[str, str]:
        return {name: value for name, value in self.settings.constants.items() if name in _FIELDS}

    @cached_property
    def _fixed(self) -> dict[str, str]:
        return {
            name: clean_line(value, 256)
            for name, value in self.settings.constants.items()
            if name not in _FIELDS
        }

    def event(
        self, row: Mapping[str, Any], file_time: datetime, now: datetime
    ) -> Event[FeedbackReceived]:
        """The row's event. ``file_time`` is the row's where it tells none."""
        said = {
            name: value
            for name, column in self._named.items()
            if (value := _value(row, column)) not in {None, ""}
        }
        more = {
            name: _text(value)
            for name, column in self.settings.columns.attributes.items()
            if (value := _value(row, column)) not in {None, ""}
        }
        version = content_hash({**said, "attributes": more})
        said = {**self._constants, **said}
        text = clean_text(_text(said.get("text")))
        subject = clean_line(_text(said.get("subject")), 1_000)
        score = self._score(said.get("score"))
        if not text.text and not subject and score is None:
            raise DataError("the row has no text, no subject and no score")
        created = self._time(said.get("created_at"), "created_at", now) or file_time
        row_id = clean_line(_text(said.get("id")), 1_000) or version
        return received(
            event_id("row", row_id, version),
            FeedbackReceived(
                item_id=item_id(self.source_name, "row", row_id),
                source_name=self.source_name,
                vendor=VENDOR,
                channel=self.settings.channel,
                part=Part.OPENING,
                part_id="opening",
                subject=subject,
                text=text.text,
                truncated=text.truncated,
                language=clean_line(_text(said.get("language")), 16) or None,
                score=score,
                customer=self._customer(said),
                tags=_tags(said.get("tags")),
                attributes={
                    **self._fixed,
                    **{name: clean_line(value, 256) for name, value in more.items()},
                },
                url=clean_line(_text(said.get("url")), 2_048) or None,
                created_at=created,
                updated_at=self._time(said.get("updated_at"), "updated_at", now) or created,
            ),
        )

    def _time(self, value: Any, field: str, now: datetime) -> datetime | None:
        if value is None:
            return None
        settings = self.settings
        moment = parse_moment(value, field, form=settings.time_format, zone=settings.zone)
        return not_ahead(moment, field, now)

    def _score(self, value: Any) -> Score | None:
        scale = self.settings.score
        if value is None or scale is None:
            return None
        try:
            return Score.of(float(value), scale.low, scale.high, scale.scale)
        except (ValueError, TypeError):
            raise DataError(
                f"the score is no number from {scale.low:g} to {scale.high:g}"
            ) from None

    def _customer(self, said: Mapping[str, Any]) -> Customer | None:
        email = clean_line(_text(said.get("customer_email")), 320)
        identifier = clean_line(_text(said.get("customer_id")), 1_000) or email
        if not identifier:
            return None
        if "@" in identifier:
            # an id is passed on to every later topic, a mail address must not be
            identifier = content_hash({"email": identifier.lower()})
        return Customer(
            id=item_id(self.source_name, "customer", identifier),
            name=clean_line(_text(said.get("customer_name")), 256) or None,
            email=email or None,
            organization_id=clean_line(_text(said.get("organization_id")), 256) or None,
            organization_name=clean_line(_text(said.get("organization_name")), 256) or None,
            tier=clean_line(_text(said.get("tier")), 64) or None,
        )


def _value(row: Mapping[str, Any], column: str) -> Any:
    """The value of a column; a dotted name also reaches into nested objects."""
    value: Any = row.get(column)
    if value is None and "." in column:
        value = row
        for name in column.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
    if isinstance(value, list):
        return tuple(_text(each) for each in value)
    return _text(value) if isinstance(value, Mapping) else value


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ", ".join(_text(each) for each in value)
    return str(value)


def _tags(value: Any) -> tuple[str, ...]:
    if isinstance(value, tuple):
        return clean_tags(value)
    return clean_tags(_BETWEEN_TAGS.split(_text(value)))
