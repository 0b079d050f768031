"""What a chunk of events has given rise to so far, over the state that it started from."""

from collections import Counter
from collections.abc import Hashable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from schemas.envelope import Data, Event
from schemas.feedback import FeedbackClassified, FeedbackRouted
from schemas.notification import MessageRequested
from schemas.topics import CLASSIFIED, REQUESTED, ROUTED, Topic
from schemas.trace import accepted, child
from workers.feedback.item.identity import DAY_MS
from workers.feedback.item.rows import ItemRow, Row
from workers.processor import Emission

__all__ = ["SKEW_MS", "SOURCE", "Cause", "Chunk", "milliseconds", "moment"]

SOURCE = "/workers/feedback"
SKEW_MS = DAY_MS
"""How far into the future a date may lie and still be believed."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MODELS: Mapping[type[Data], tuple[Topic, Any]] = {
    FeedbackClassified: (CLASSIFIED, Event[FeedbackClassified]),
    FeedbackRouted: (ROUTED, Event[FeedbackRouted]),
    MessageRequested: (REQUESTED, Event[MessageRequested]),
}


class Cause(Protocol):
    """What of an event its consequences carry on: the event itself, or what was kept of it."""

    @property
    def time(self) -> datetime:
        """Event time."""
        ...

    @property
    def partitionkey(self) -> str:
        """The item."""
        ...

    @property
    def identity(self) -> str:
        """Of the event."""
        ...

    @property
    def traceparent(self) -> str | None:
        """W3C trace context."""
        ...


def milliseconds(when: datetime) -> int:
    """Milliseconds since the epoch, exactly."""
    since = when - _EPOCH
    return since.days * DAY_MS + since.seconds * 1_000 + since.microseconds // 1_000


def moment(at: int) -> datetime:
    """The moment of a time in milliseconds."""
    return _EPOCH + timedelta(milliseconds=at)


class Chunk:
    """Collects emissions, changes and counts; the state itself is never written to."""

    def __init__(self, state: Mapping[str, Row], now: int) -> None:
        self.now = now
        self.state = state
        self.changes: dict[str, Row | None] = {}
        self.emissions: list[Emission] = []
        self.counts: Counter[tuple[str, Hashable]] = Counter()

    def row(self, key: str) -> Row | None:
        """The row as the chunk has left it."""
        return self.changes[key] if key in self.changes else self.state.get(key)

    def item(self, item_id: str) -> ItemRow | None:
        """The item's row."""
        row = self.row(item_id)
        return row if isinstance(row, ItemRow) else None

    def believed(self, when: datetime) -> int:
        """A moment in milliseconds; one further in the future than clocks differ is now."""
        at = milliseconds(when)
        return at if at <= self.now + SKEW_MS else self.now

    def classified(self, cause: Cause, data: FeedbackClassified) -> None:
        """Say what an item is."""
        event_id = f"classified/{data.item_id}/{data.revision}"
        self._emit(cause, event_id, data.item_id, data)

    def routed(self, cause: Cause, data: FeedbackRouted) -> None:
        """Say where an item goes."""
        event_id = f"routed/{data.item_id}/{data.revision}"
        self._emit(cause, event_id, data.item_id, data)

    def requested(self, cause: Cause, data: MessageRequested) -> None:
        """Ask for a message; it is keyed by itself, not by its item."""
        event_id = f"requested/{data.message_id}"
        self._emit(cause, event_id, data.message_id, data)

    def _emit(self, cause: Cause, event_id: str, key: str, data: Data) -> None:
        topic, model = _MODELS[type(data)]
        trace = accepted(cause.traceparent, cause.identity)
        event = model(
            id=event_id,
            source=SOURCE,
            type=topic.name,
            time=moment(self.believed(cause.time)),
            subject=cause.partitionkey,
            partitionkey=key,
            traceparent=child(trace, f"{SOURCE}#{event_id}"),
            data=data,
        )
        self.emissions.append(Emission.of(topic, event, cause=trace))
