"""The processors under contract. A new processor adds a ``World`` to ``WORLDS``."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from schemas.topics import RECEIVED
from tests.delivery import histories as delivery
from tests.feedback.items import NOW, START, processor, received, ticked
from workers.delivery.reports import Requested
from workers.processor import Processor, Record

__all__ = ["WORLDS", "World"]


def _record(event: Any) -> Record:
    """The record that an event is read from."""
    return Record(event.type, 0, 0, event.partitionkey.encode(), event.to_json(), 0)


@dataclass(frozen=True)
class World:
    """A processor and histories of events that it may meet."""

    name: str
    make: Callable[[], Processor[Any, Any]]
    """A new instance; two of them must decide the same."""
    histories: st.SearchStrategy[Sequence[Any]]
    """Events of several entities, with repeats, out of order, from the past and the future."""
    now: int
    """A stream time after most of the events."""
    repeats: tuple[str, Any]
    """The key in ``Outcome.counts`` under which repeats are counted."""
    repeatable: Callable[[Any], bool]
    """Whether an event is of the world, which repeats itself; clock ticks are not."""
    written: Callable[[Any], bool] = lambda _event: True
    """Whether an event is read from a topic; what side effects report is not."""
    record: Callable[[Any], Record] = _record


_TEXTS = st.sampled_from(
    [
        "",
        "The app crashes when I open an invoice",
        "I was charged twice, this is urgent!",
        "Thank you, it works perfectly now",
        "Könnt ihr bitte einen Filter hinzufügen?",
        "the whole site is down",
        "\u202egnirts desrever\u202c <script>alert(1)</script>",
    ]
)
_FEEDBACK = st.builds(
    received,
    _TEXTS,
    item=st.sampled_from(["desk:ticket:1", "desk:ticket:2", "nps:answer:9"]),
    hours=st.sampled_from([0, 1, 2, 30, -24 * 400, 24 * 365 * 70]),
    part=st.sampled_from(["opening", "comment", "rating"]),
    part_id=st.sampled_from(["a", "b", "c"]),
    tags=st.sampled_from([(), ("vip",)]),
    created_at=st.sampled_from([START, START.replace(year=2020), START.replace(year=2099)]),
)
_FEEDBACK_HISTORY = st.lists(st.one_of(_FEEDBACK, _FEEDBACK, st.builds(ticked)), max_size=10)

WORLDS = (
    World(
        name="feedback",
        make=processor,
        histories=_FEEDBACK_HISTORY,
        now=NOW,
        repeats=("productops_stage_duplicates_total", ("feedback",)),
        repeatable=lambda event: event.type == RECEIVED.name,
    ),
    World(
        name="delivery",
        make=delivery.outbox,
        # what is late is counted as such, and not as a repeat
        histories=delivery.histories(late=False, longest=12),
        now=delivery.NOW,
        repeats=("productops_stage_duplicates_total", ("delivery",)),
        repeatable=lambda event: isinstance(event, Requested),
        written=lambda event: isinstance(event, Requested),
        record=delivery.record,
    ),
)
