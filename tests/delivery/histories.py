"""Requests, and histories of what an outbox may be told, for the tests of its properties."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from connectors.destinations.contract import Attempt, Verdict
from schemas.envelope import Event
from schemas.notification import MessageRequested
from schemas.topics import REQUESTED
from workers.delivery.outbox import Outbox
from workers.delivery.policy import HORIZON_MS, Policy
from workers.delivery.reports import AttemptEnded, AttemptStarted, Requested
from workers.processor import Record

__all__ = ["DAY", "NOW", "POLICY", "histories", "outbox", "record", "request", "requests"]

NOW = 1_770_000_000_000
"""A stream time, in milliseconds since the epoch."""
DAY = 86_400_000
POLICY = Policy(attempts=3, max_age_ms=60_000)


def outbox() -> Outbox:
    """An outbox that knows one receiver, ``team``."""
    return Outbox({"team": POLICY})


def request(
    message_id: str,
    receiver: str = "team",
    *,
    at: int = NOW,
    about_at: int | None = None,
    traceparent: str | None = None,
    **parts: Any,
) -> Requested:
    """A request written at ``at`` about something of ``about_at`` (the same time if not given)."""
    moment = datetime.fromtimestamp((at if about_at is None else about_at) / 1_000, UTC)
    whole = {"title": "Card charged twice", "about": f"item-of-{message_id}"} | parts
    event = Event[MessageRequested](
        id=f"{message_id}/requested",
        source="/workers/feedback",
        type=REQUESTED.name,
        time=moment,
        partitionkey=message_id,
        traceparent=traceparent,
        data=MessageRequested(message_id=message_id, receiver=receiver, **whole),
    )
    return Requested(event, at)


def record(asked: Requested) -> Record:
    """The record that a request is read from."""
    key = asked.event.partitionkey.encode()
    return Record(REQUESTED.name, 0, 0, key, asked.event.to_json(), asked.written_at)


_ids = st.sampled_from(["a", "b", "c"])
_attempts = st.builds(
    Attempt,
    verdict=st.sampled_from(Verdict),
    reason=st.sampled_from(["", "said no"]),
    retry_after=st.none() | st.floats(0, 1e6),
    reference=st.none() | st.just("C1/2.3"),
)


def requests(*, late: bool = True) -> st.SearchStrategy[Requested]:
    """Requests: fresh, too old, from the future, and ``late`` ones beyond what is remembered."""
    written = [0, 1_000, 59_999, 60_001, 3 * DAY, -DAY]
    about = [*written, *([HORIZON_MS, HORIZON_MS + DAY] if late else [])]
    return st.builds(
        lambda message_id, receiver, age, older: request(
            message_id, receiver, at=NOW - age, about_at=NOW - older
        ),
        _ids,
        st.sampled_from(["team", "team", "gone"]),
        st.sampled_from(written),
        st.sampled_from(about),
    )


def histories(*, late: bool = True, longest: int = 25) -> st.SearchStrategy[list[Any]]:
    """Requests among reports of attempts that make sense and of such that do not."""
    started = st.builds(
        lambda message_id, after: AttemptStarted(message_id, NOW + after),
        _ids,
        st.sampled_from([0, 30_000, 61_000]),
    )
    ended = st.builds(
        AttemptEnded,
        _ids,
        st.integers(1, 4),
        _attempts,
        st.just(NOW),
        repeat=st.booleans(),
        absent=st.booleans(),
    )
    return st.lists(st.one_of(requests(late=late), started, ended), max_size=longest)
