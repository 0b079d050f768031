"""What a replay's event changes in what was last said about its item, in words for people. Pure."""

from collections.abc import Sequence
from typing import TypeVar

from pydantic import ValidationError

from schemas.envelope import Data, Event
from schemas.feedback import FeedbackClassified, FeedbackRouted
from workers.processor import Emission

__all__ = ["differences"]

_NONE = "none"
D = TypeVar("D", bound=Data)
Words = dict[str, str]


def differences(before: bytes | None, after: Emission) -> Sequence[tuple[str, str, str]]:
    """What is different between the last event about an item and the one that follows it.

    Of labels those that rules and people go by; of routes the team and the receivers, or, where
    those are the same, the routes by name. From an empty word where the last event is gone.
    """
    data = after.data
    if isinstance(data, FeedbackClassified):
        return _pairs(_labels(_read(Event[FeedbackClassified], before)), _labels(data))
    if isinstance(data, FeedbackRouted):
        last = _read(Event[FeedbackRouted], before)
        found = _pairs(_people(last), _people(data))
        return found or _pairs(_routes(last), _routes(data))
    return ()


def _read(model: type[Event[D]], raw: bytes | None) -> D | None:
    """Data of the last event; ``None`` without one, or where it is none that we know."""
    if raw is None:
        return None
    try:
        return model.model_validate_json(raw).data
    except ValidationError:
        return None


def _pairs(before: Words, after: Words) -> Sequence[tuple[str, str, str]]:
    return [
        (what, before.get(what, ""), now) for what, now in after.items() if before.get(what) != now
    ]


def _labels(data: FeedbackClassified | None) -> Words:
    if data is None:
        return {}
    return {
        "kind": data.kind.value,
        "area": data.area or _NONE,
        "urgency": data.urgency.value,
        "sentiment": data.sentiment.value,
        "language": data.language,
    }


def _people(data: FeedbackRouted | None) -> Words:
    if data is None:
        return {}
    receivers = ", ".join(target.receiver for target in data.targets)
    return {"team": data.team or _NONE, "receivers": receivers}


def _routes(data: FeedbackRouted | None) -> Words:
    return {} if data is None else {"routes": ", ".join(target.route for target in data.targets)}
