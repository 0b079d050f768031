"""Attempts as parts of their message's trace. Pure."""

from connectors.destinations.contract import Verdict
from schemas.trace import accepted, child
from workers.delivery.reports import AttemptEnded
from workers.delivery.rows import MessageRow
from workers.observability.tracing.tracer import Kind, Span

__all__ = ["attempt_span", "attempt_trace", "message_trace"]


def message_trace(row: MessageRow) -> str:
    """``traceparent`` of the message's request."""
    return accepted(row.traceparent, row.request.message_id)


def attempt_trace(row: MessageRow) -> str:
    """``traceparent`` of the attempt that was begun last: what the call carries as a header."""
    return child(message_trace(row), f"{row.request.message_id}/attempt/{row.attempts}")


def attempt_span(receiver: str, row: MessageRow, ended: AttemptEnded, started_at: int) -> Span:
    """The attempt as a span of its message's trace; ``started_at`` in milliseconds."""
    verdict = ended.attempt.verdict
    return Span(
        name=f"deliver {receiver}",
        kind=Kind.CLIENT,
        traceparent=attempt_trace(row),
        parent=message_trace(row),
        started=started_at / 1_000,
        ended=ended.at / 1_000,
        attributes={
            "productops.receiver": receiver,
            "productops.message_id": ended.message_id,
            "productops.attempt": ended.number,
            "productops.verdict": verdict.value,
            "productops.repeat": ended.repeat,
        },
        failed="" if verdict is Verdict.DELIVERED else verdict.value,
    )
