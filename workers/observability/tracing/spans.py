"""The spans of the stages: of a chunk, and of each event that was written. Pure.

A chunk is one trace of its own with links to the traces of its inputs, for it deals with many.
An event that was written is a span in its own trace: its id is the one that the event's
``traceparent`` carries, so that those of its consequences find it as their parent.
Names and attributes: OpenTelemetry semantic conventions for messaging and CloudEvents.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice

from schemas.envelope import Header
from schemas.trace import found_in
from workers.observability.tracing.tracer import MAX_LINKS, Kind, Span, new_trace
from workers.processor import Record

__all__ = ["Timed", "chunk_span", "event_span", "links_of"]

Timed = tuple[float, float]
"""From when until when, in seconds since the epoch."""


def links_of(records: Iterable[Record]) -> tuple[str, ...]:
    """The traces of the first records that have one."""
    found = (found_in(record.value) for record in records)
    return tuple(islice((one for one in found if one is not None), MAX_LINKS))


def chunk_span(
    role: str,
    when: Timed,
    *,
    links: Sequence[str],
    events: int,
    attributes: Mapping[str, str | int],
    new: Callable[[], str] = new_trace,
) -> Span:
    """``<role> process``: one chunk of ``events`` records."""
    return Span(
        name=f"{role} process",
        kind=Kind.CONSUMER,
        traceparent=new(),
        started=when[0],
        ended=when[1],
        links=links,
        attributes={
            "messaging.system": "kafka",
            "messaging.operation.type": "process",
            "messaging.batch.message_count": events,
            **attributes,
        },
    )


def event_span(role: str, event: Header, when: Timed, *, cause: str | None) -> Span | None:
    """``<role> send <type>``: an event that was written; ``None`` for one without a trace."""
    if event.traceparent is None:
        return None
    return Span(
        name=f"{role} send {event.type}",
        kind=Kind.PRODUCER,
        traceparent=event.traceparent,
        started=when[0],
        ended=when[1],
        parent=cause,
        attributes={
            "messaging.system": "kafka",
            "messaging.operation.type": "send",
            "messaging.destination.name": event.type,
            "cloudevents.event_id": event.id,
            "cloudevents.event_source": event.source,
        },
    )
