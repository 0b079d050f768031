"""Ids of items and events: derived from what the vendor says, never drawn at random.

The same record read twice, by a poll, a webhook or an import, has the same id; that is what
lets everything behind the connectors drop repeats.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from schemas.envelope import Event
from schemas.feedback.received import FeedbackReceived
from schemas.topics import RECEIVED

__all__ = ["content_hash", "event_id", "item_id", "received"]

_LONGEST = 200
"""A vendor's id beyond this is replaced by its hash; the field takes 256 characters."""


def item_id(source_name: str, kind: str, vendor_id: object) -> str:
    """``<source>:<kind>:<vendor id>``, the record key of every feedback topic."""
    return f"{source_name}:{kind}:{_short(vendor_id, _LONGEST - len(source_name) - len(kind))}"


def event_id(kind: str, vendor_id: object, version: object) -> str:
    """``<kind>/<vendor id>/<version>``, unique within the source."""
    return f"{kind}/{_short(vendor_id, _LONGEST)}/{_short(version, _LONGEST)}"


def content_hash(content: Mapping[str, Any]) -> str:
    """32 hexadecimal digits of the content, whatever the order of its keys."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]


def received(event: str, data: FeedbackReceived) -> Event[FeedbackReceived]:
    """The envelope of one piece of feedback; ``event`` is the event's id."""
    return Event[FeedbackReceived](
        id=event,
        source=f"/sources/{data.source_name}",
        type=RECEIVED.name,
        time=data.updated_at,
        subject=data.item_id,
        partitionkey=data.item_id,
        data=data,
    )


def _short(value: object, longest: int) -> str:
    text = str(value)
    if len(text) <= longest:
        return text
    return "sha256-" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:40]
