"""Every message received, on the disk before its sender hears that it has arrived."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from connectors.sandbox.durable import Journal

__all__ = ["Inbox", "Received"]

_KEYS = ("idempotency_key", "message_id")
"""Names under which a sender may put its key into the metadata's payload."""


@dataclass(frozen=True, slots=True)
class Received:
    """One delivery."""

    via: str
    """``api``, ``incoming`` or ``webhook``."""
    place: str
    """Id of the channel, or name of the generic webhook."""
    ts: str
    """The message's id within its channel: seconds since 1970, as text."""
    text: str = ""
    blocks: Sequence[Mapping[str, Any]] = ()
    metadata: Mapping[str, Any] | None = None
    key: str | None = None
    """The sender's idempotency key, where it gives one."""
    repeat: bool = False
    """Whether a receiver that deduplicates has dropped it."""
    body: Mapping[str, Any] = field(default_factory=dict)
    """The whole body of a generic webhook."""


def key_of(metadata: Mapping[str, Any] | None) -> str | None:
    """The idempotency key in a message's metadata."""
    payload = (metadata or {}).get("event_payload")
    if not isinstance(payload, Mapping):
        return None
    return next((str(payload[name]) for name in _KEYS if payload.get(name)), None)


class Inbox:
    """All deliveries in order; with no ``path`` they are forgotten at the end."""

    def __init__(self, path: Path | None) -> None:
        self._journal = Journal(path) if path else None
        lines = self._journal.lines() if self._journal else ()
        self._all: list[Received] = [Received(**line) for line in lines]
        self._last = max((float(each.ts) for each in self._all), default=0.0)

    def stamp(self, now: datetime) -> str:
        """A ``ts`` that no message has; they rise."""
        self._last = max(now.timestamp(), self._last + 0.000_1)
        return f"{self._last:.6f}"

    def add(self, received: Received) -> None:
        """Keep a delivery; returns when it is on the disk."""
        if self._journal:
            self._journal.append(asdict(received))
        self._all.append(received)

    def seen(self, place: str, key: str) -> bool:
        """Whether a delivery with this key has arrived at this place."""
        return any(each.place == place and each.key == key for each in self._all)

    def messages(self, place: str | None = None) -> Sequence[Received]:
        """Messages that were shown to somebody, oldest first; repeats that were dropped are not."""
        return [each for each in self._all if not each.repeat and place in {None, each.place}]

    def counts(self, names: Mapping[str, str]) -> dict[str, Any]:
        """Totals. ``names`` are names of places by id.

        ``keys`` counts how often a message with that key is visible: more than once is a
        message somebody got twice. ``deliveries`` counts attempts that arrived.
        """
        shown = self.messages()
        places = Counter(names.get(each.place, each.place) for each in shown)
        keys = Counter(each.key for each in shown if each.key)
        deliveries = Counter(each.key for each in self._all if each.key)
        return {
            "messages": len(shown),
            "without_key": sum(1 for each in shown if not each.key),
            "places": dict(sorted(places.items())),
            "keys": dict(sorted(keys.items())),
            "deliveries": dict(sorted(deliveries.items())),
            "repeated": {key: count for key, count in sorted(keys.items()) if count > 1},
        }

    def as_dicts(self, place: str | None = None) -> list[dict[str, Any]]:
        """Messages as JSON-able values."""
        return [asdict(each) for each in self.messages(place)]
