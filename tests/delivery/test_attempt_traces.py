"""Where the attempts of a message, and its end, stand in its trace."""

from collections.abc import Callable
from typing import Any

from schemas.trace import child, parse, root
from tests.delivery.ledger import DELIVERED, RETRY, Ledger
from workers.delivery.reports import AttemptEnded, AttemptStarted
from workers.delivery.trace import attempt_trace, message_trace

Make = Callable[..., Any]
TRACE = child(root("ticket"), "request")


def test_each_attempt_is_a_span_of_its_own_under_the_request(
    ledger: Ledger, make_request: Make
) -> None:
    """In the message's trace; asked again, also by another process, it is the same one."""
    ledger.take(make_request("m", traceparent=TRACE))
    seen = []
    for number in (1, 2):
        ledger.start()
        row = ledger.row()
        assert (row.attempts, message_trace(row)) == (number, TRACE)
        restored = ledger.outbox.codec.decode(ledger.outbox.codec.encode(row))
        assert attempt_trace(restored) == attempt_trace(row)
        seen.append(parse(attempt_trace(row)))
        ledger.take(AttemptEnded("m", number, RETRY, ledger.now))
    ids = [(one.trace_id, one.span_id) for one in (*seen, parse(TRACE)) if one is not None]
    assert len(set(ids)) == 3
    assert len({trace_id for trace_id, _ in ids}) == 1


def test_the_end_of_a_message_follows_on_its_last_attempt(
    ledger: Ledger, make_request: Make
) -> None:
    """A reader of the trace sees which call it was that delivered it."""
    ledger.take(make_request("m", traceparent=TRACE))
    ledger.take(AttemptStarted("m", ledger.now))
    cause = attempt_trace(ledger.row())
    ended = AttemptEnded("m", 1, DELIVERED, ledger.now)
    (emission,) = ledger.outbox.process([ended], ledger.state, ledger.now).emissions
    assert emission.cause == cause
    assert emission.event is not None
    assert emission.event.traceparent == child(TRACE, "/workers/delivery#m/settled")


def test_a_message_that_was_asked_for_without_a_trace_has_one(
    ledger: Ledger, make_request: Make
) -> None:
    """That of its request's identity, so that request, attempts and end are together."""
    asked = make_request("m")
    ledger.take(asked)
    assert message_trace(ledger.row()) == root(asked.event.identity)
