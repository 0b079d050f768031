"""Feedback as the records that Kafka would hold."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.envelope import Data
from schemas.feedback import (
    Channel,
    FeedbackClassified,
    FeedbackReceived,
    FeedbackRouted,
    Kind,
    Part,
    Sentiment,
    Target,
    Urgency,
)
from schemas.notification import Fact, MessageRequested, MessageSettled, Outcome
from schemas.platform import (
    CheckpointSaved,
    DeadLetter,
    ErrorClass,
    Origin,
    SettledAs,
    Settlement,
)
from schemas.topics import (
    CHECKPOINT_SAVED,
    CLASSIFIED,
    RECEIVED,
    REQUESTED,
    ROUTED,
    SETTLED,
    Topic,
)
from workers.processor import Record

__all__ = ["START", "Story"]

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Story:
    """Tells what happens to feedback, as the records that Kafka would hold."""

    def __init__(self) -> None:
        self._offsets: dict[tuple[str, int], int] = {}

    def record(
        self, topic: str, value: bytes | None, *, at: datetime = START, partition: int = 0
    ) -> Record:
        """A record at the end of its partition, written at ``at``."""
        place = (topic, partition)
        self._offsets[place] = offset = self._offsets.get(place, -1) + 1
        return Record(topic, partition, offset, b"key", value, int(at.timestamp() * 1000))

    def event(
        self,
        topic: Topic,
        name: str,
        data: Data,
        *,
        at: datetime = START,
        written: datetime | None = None,
        partition: int = 0,
    ) -> Record:
        """The record of an event that happened at ``at`` and was written then, or later."""
        event = topic.event_model()(
            id=name,
            source="/sources/support",
            type=topic.name,
            time=at,
            partitionkey=name.split("@", maxsplit=1)[0],
            data=data,
        )
        return self.record(topic.name, event.to_json(), at=written or at, partition=partition)

    def received(
        self,
        item: str,
        part: Part = Part.OPENING,
        part_id: str = "opening",
        *,
        at: datetime = START,
        partition: int = 0,
        written: datetime | None = None,
        **fields: Any,
    ) -> Record:
        """A part of an item, in the version of ``at``."""
        data = FeedbackReceived(
            item_id=f"support:ticket:{item}",
            source_name="support",
            vendor="zendesk",
            channel=Channel.TICKET,
            part=part,
            part_id=part_id,
            created_at=fields.pop("created_at", START),
            updated_at=at,
            **fields,
        )
        name = f"{item}/{part_id}@{at.isoformat()}"
        return self.event(RECEIVED, name, data, at=at, written=written, partition=partition)

    def classified(
        self, item: str, revision: int, *, at: datetime = START, partition: int = 0, **fields: Any
    ) -> Record:
        """The labels of an item."""
        labels: dict[str, Any] = {
            "language": "en",
            "kind": Kind.BUG,
            "sentiment": Sentiment.NEGATIVE,
            "urgency": Urgency.HIGH,
            "confidence": 0.75,
            "model_version": "keywords-1",
        }
        data = FeedbackClassified(
            item_id=f"support:ticket:{item}",
            source_name="support",
            revision=revision,
            **(labels | fields),
        )
        return self.event(CLASSIFIED, f"{item}@c{revision}", data, at=at, partition=partition)

    def routed(
        self, item: str, revision: int, *, at: datetime = START, partition: int = 0, **fields: Any
    ) -> Record:
        """The route of an item."""
        route: dict[str, Any] = {
            "team": "billing",
            "owner": "ada",
            "targets": (Target(receiver="billing", route="billing", reason="area = billing"),),
            "announced": True,
            "classified_revision": revision,
        }
        data = FeedbackRouted(
            item_id=f"support:ticket:{item}",
            source_name="support",
            revision=revision,
            **(route | fields),
        )
        return self.event(ROUTED, f"{item}@r{revision}", data, at=at, partition=partition)

    def requested(self, message: str, item: str, *, at: datetime = START) -> Record:
        """A message about an item."""
        data = MessageRequested(
            message_id=message,
            receiver="billing",
            title="Invoices fail",
            body="They fail since Monday",
            about=f"support:ticket:{item}",
            facts=(Fact(label="Urgency", value="high"),),
        )
        return self.event(REQUESTED, f"{message}@q", data, at=at)

    def settled(self, message: str, item: str, outcome: Outcome, *, at: datetime = START) -> Record:
        """How the message ended."""
        data = MessageSettled(
            message_id=message,
            receiver="billing",
            outcome=outcome,
            attempts=2,
            repeated=True,
            reason="the channel is gone" if outcome is Outcome.FAILED else "",
            reference="C1/1.2",
            about=f"support:ticket:{item}",
            settled_at=at,
        )
        return self.event(SETTLED, f"{message}@s", data, at=at)

    def checkpoint(self, *, at: datetime, status: str = "ok", remedy: str = "") -> Record:
        """The state of the source."""
        data = CheckpointSaved(
            source_name="support",
            vendor="zendesk",
            checkpoint={"cursor": at.isoformat()},
            status=status,
            remedy=remedy,
            records=3,
            dead=1,
            last_success=at,
            last_event_time=at,
            next_pull_at=at + timedelta(minutes=1),
        )
        return self.event(CHECKPOINT_SAVED, f"support@{at.isoformat()}", data, at=at)

    def dead_letter(self, topic: Topic, *, at: datetime = START, **fields: Any) -> Record:
        """A record of ``topic`` that somebody could not read."""
        letter: dict[str, Any] = {
            "origin": Origin(topic=topic.name, partition=2, offset=17),
            "error_class": ErrorClass.DECODE,
            "message": "no event",
            "key": b64encode(b"k"),
            "value": b64encode(b"\x00\xffraw"),
            "headers": {"h": "v"},
            "role": "feedback",
            "worker_version": "0.1.0",
            "first_failed_at": at,
            "last_failed_at": at,
        }
        letter |= fields
        of = Topic(topic.dead_letters, "", "", DeadLetter)
        name = f"{topic.name}@2/17"
        if letter["origin"].offset < 0:
            name = f"{letter['origin'].source_name}/{letter['origin'].record_id}"
        return self.event(of, name, DeadLetter(**letter), at=at)

    def settled_letter(
        self, topic: Topic, outcome: SettledAs, *, at: datetime = START, **fields: Any
    ) -> Record:
        """The record that closes the letter of ``dead_letter``."""
        return self.dead_letter(
            topic,
            at=START,
            key=None,
            value=b"",
            headers={},
            settled=Settlement(outcome=outcome, settled_at=at),
            **fields,
        )
