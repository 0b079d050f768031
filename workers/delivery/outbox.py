"""The outbox: which messages are owed to whom, and how each one ended. Pure.

Times. A request's age counts from when it was written to Kafka, which a replay does not
change. What the sender reports carries the time of its clock, once, as a fact; when to try
next and when it is too late follow from these facts alone. The sender compares ``next_at``
with its clock only to wait, so after a restart a message waits the rest of its time, and the
same history gives the same rows. Stream time (``now``) and event times decide what is late
and what is forgotten.

Nobody is informed twice by a replay: a message id is remembered for ``HORIZON_MS`` after it
was settled, older requests count as late and change nothing, and a request without a row is
sent only while it is younger than its receiver's ``max_age``.
"""

from collections.abc import Mapping, Sequence

from schemas.envelope import Event
from schemas.notification import MessageRequested
from schemas.topics import DELIVERY_CHANGELOG, REQUESTED, SETTLED, Topic
from workers.delivery.policy import HORIZON_MS, Policies
from workers.delivery.reports import AttemptEnded, AttemptStarted, Requested
from workers.delivery.rows import OutboxCodec, Row
from workers.delivery.turn import Turn
from workers.processor import Malformed, Outcome, Record

__all__ = ["MAX_FACTS", "Input", "Outbox"]

Input = Requested | AttemptStarted | AttemptEnded

MAX_FACTS = 50
"""Facts of one message; with it a row stays far below what a record may hold."""

_MODEL = REQUESTED.event_model()


class Outbox:
    """The delivery role's decisions. ``policies`` names the receivers that are configured."""

    name = "delivery"
    inputs: Sequence[Topic] = (REQUESTED,)
    outputs: Sequence[Topic] = (SETTLED,)
    changelog: Topic | None = DELIVERY_CHANGELOG

    def __init__(self, policies: Policies) -> None:
        """Raises ``ValueError`` for a receiver that is more patient than ids are remembered."""
        for name, policy in policies.items():
            if policy.max_age_ms >= HORIZON_MS:
                raise ValueError(
                    f"receiver {name}: max_age must be below {HORIZON_MS // 86_400_000} days"
                )
        self.codec = OutboxCodec()
        self._policies = policies

    def decode(self, record: Record, /) -> Input:
        """The request in a record; raises ``Malformed``."""
        if record.value is None:
            raise Malformed("the record has no value")
        try:
            event: Event[MessageRequested] = _MODEL.model_validate_json(record.value)
        except ValueError as error:
            raise Malformed(_fault(error)) from None
        if record.key != event.data.message_id.encode():
            raise Malformed(
                "the record's key is not the message id: it stands in a wrong partition"
            )
        if len(event.data.facts) > MAX_FACTS:
            raise Malformed(f"data.facts: {len(event.data.facts)} facts; at most {MAX_FACTS}")
        written_at = record.timestamp
        if written_at <= 0:
            raise Malformed("the record carries no time at which it was written")
        return Requested(event, written_at)

    def event_time(self, event: Input, /) -> int:
        """When it was requested, or reported."""
        return event.event_time if isinstance(event, Requested) else event.at

    def process(
        self, events: Sequence[Input], state: Mapping[str, Row], now: int, /
    ) -> Outcome[Row]:
        """Take requests in, follow what the sender reports, settle, forget."""
        turn = Turn(state, self._policies, now)
        turn.sweep()
        for event in events:
            match event:
                case AttemptStarted():
                    turn.started(event)
                case AttemptEnded():
                    turn.ended(event)
                case Requested():
                    turn.requested(event)
        return turn.outcome()


def _fault(error: ValueError) -> str:
    """Where a record differs from the schema; never its words."""
    found = getattr(error, "errors", None)
    if not callable(found):
        return "it is not an event of this topic"
    return "; ".join(
        f"{'.'.join(str(part) for part in one['loc']) or 'record'}: {one['type']}"
        for one in found(include_url=False, include_context=False, include_input=False)[:5]
    )
