"""Records as events of the feedback role's inputs."""

from pydantic import ValidationError

from schemas.envelope import Event
from schemas.feedback import FeedbackReceived
from schemas.platform import ClockTicked
from schemas.topics import CLOCK_TICKED, RECEIVED
from workers.processor import Malformed, Record

__all__ = ["FeedbackEvent", "decode"]

FeedbackEvent = Event[FeedbackReceived] | Event[ClockTicked]

_MODELS: dict[str, type[Event[FeedbackReceived]] | type[Event[ClockTicked]]] = {
    RECEIVED.name: Event[FeedbackReceived],
    CLOCK_TICKED.name: Event[ClockTicked],
}
_SHOWN = 5


def decode(record: Record) -> FeedbackEvent:
    """The event; raises ``Malformed`` naming fields and what is wrong, never their content."""
    model = _MODELS.get(record.topic)
    if model is None:
        msg = f"{record.topic} is no input of the feedback role"
        raise Malformed(msg)
    if record.value is None:
        msg = "the record has no value"
        raise Malformed(msg)
    try:
        event: FeedbackEvent = model.model_validate_json(record.value)
    except ValidationError as error:
        raise Malformed(_in_words(error)) from None
    except OverflowError:
        msg = "a time is outside the years that there are in UTC"
        raise Malformed(msg) from None
    if event.type != record.topic:
        msg = f"type: is not the topic's, {record.topic}"
        raise Malformed(msg)
    if isinstance(event.data, FeedbackReceived):
        _check_key(event.data.item_id, event.partitionkey, record.key)
    return event


def _check_key(item_id: str, partition_key: str, key: bytes | None) -> None:
    """Parts of one item must meet in one partition."""
    if partition_key != item_id:
        msg = "partitionkey: is not data.item_id"
        raise Malformed(msg)
    if key != item_id.encode():
        msg = "the record key is not data.item_id"
        raise Malformed(msg)


def _in_words(error: ValidationError) -> str:
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    told = [
        f"{'.'.join(map(str, problem['loc'])) or 'value'}: {problem['msg']}"
        for problem in problems[:_SHOWN]
    ]
    if len(problems) > _SHOWN:
        told.append(f"and {len(problems) - _SHOWN} more")
    return "; ".join(told)
