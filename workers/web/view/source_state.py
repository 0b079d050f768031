"""The state of a source for a reader: one word, one colour, and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from workers.archive.queries import SourceSeen
from workers.config.sources import Source
from workers.web.text.moments import span

__all__ = ["SourceState", "source_states", "summary"]

_GRACE = timedelta(minutes=2)
"""How long after its planned time a poll may still be under way."""


@dataclass(frozen=True, slots=True)
class SourceState:
    """One source. ``tone`` is ``good``, ``warn`` or ``bad``; ``remedy`` is empty when good."""

    name: str
    vendor: str
    state: str
    tone: str
    remedy: str
    last_event_time: datetime | None
    last_success: datetime | None
    next_pull_at: datetime | None
    items_today: int
    dead: int


def _state(seen: SourceSeen, now: datetime) -> tuple[str, str, str]:
    if seen.status == "stopped":
        return "Stopped", "bad", seen.remedy or "It was stopped without a reason given."
    planned = seen.next_pull_at
    if planned is not None and now - planned > _GRACE:
        late = span((now - planned).total_seconds())
        remedy = f"The next poll is {late} late: is the connectors role running?"
        return "Silent", "bad", f"{remedy} Start it with: productops run connectors"
    if seen.status == "waiting":
        return "Waiting", "warn", seen.remedy or "It waits for the tool and goes on by itself."
    return "Working", "good", ""


def _of_seen(seen: SourceSeen, now: datetime) -> SourceState:
    state, tone, remedy = _state(seen, now)
    return SourceState(
        name=seen.name,
        vendor=seen.vendor,
        state=state,
        tone=tone,
        remedy=remedy,
        last_event_time=seen.last_event_time,
        last_success=seen.last_success,
        next_pull_at=seen.next_pull_at,
        items_today=seen.items_today,
        dead=seen.dead,
    )


def _unread(source: Source) -> SourceState:
    return SourceState(
        name=source.name,
        vendor=source.connector,
        state="Not read yet",
        tone="warn",
        remedy=(
            "It stands in sources.yaml and has not reported yet. Start the connectors role "
            "(productops run connectors), or try it alone: "
            f"productops sources try {source.name}"
        ),
        last_event_time=None,
        last_success=None,
        next_pull_at=None,
        items_today=0,
        dead=0,
    )


def source_states(
    seen: Sequence[SourceSeen], configured: Sequence[Source], now: datetime
) -> tuple[SourceState, ...]:
    """Every source that reported or is configured; those that need a person come first."""
    reported = {source.name for source in seen}
    states = [_of_seen(source, now) for source in seen]
    states += [_unread(source) for source in configured if source.name not in reported]
    rank = {"bad": 0, "warn": 1, "good": 2}
    return tuple(sorted(states, key=lambda state: (rank[state.tone], state.name)))


def summary(states: Sequence[SourceState]) -> str:
    """The whole in one sentence."""
    bad = sum(state.tone == "bad" for state in states)
    if not states:
        return "The tools that feedback is read from."
    if bad:
        return f"{bad} of {len(states)} need{'s' if bad == 1 else ''} a person."
    waiting = sum(state.tone == "warn" for state in states)
    if waiting:
        return f"{len(states) - waiting} of {len(states)} are read; nothing needs a person."
    return "All of them are read."
