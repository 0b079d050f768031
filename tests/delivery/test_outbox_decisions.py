"""A message's way through the outbox, decision by decision."""

from collections.abc import Callable
from typing import Any

import pytest

from connectors.destinations.contract import Attempt, Verdict
from schemas.notification import Outcome as Ending
from schemas.topics import REQUESTED
from schemas.trace import parse
from tests.delivery.ledger import DELIVERED, RETRY, Ledger
from workers.delivery.outbox import Outbox
from workers.delivery.policy import HORIZON_MS, Policy
from workers.delivery.reports import AttemptEnded, AttemptStarted
from workers.delivery.rows import MessageRow, SettledRow, Status, key_of
from workers.processor import Malformed, Record

DAY = 86_400_000
Make = Callable[..., Any]


def test_a_request_is_due_at_once(ledger: Ledger, make_request: Make) -> None:
    """A fresh request becomes a pending row; nothing is said yet."""
    ledger.take(make_request("m"))
    assert (ledger.row().status, ledger.row().next_at) == (Status.PENDING, ledger.now)
    assert ledger.said == []


def test_a_delivered_message_is_settled_once_and_its_text_forgotten(
    ledger: Ledger, make_request: Make
) -> None:
    """The end is an event with reference and attempts; the row keeps an id and a date."""
    ledger.take(make_request("m", body="My card was charged twice", about="item-1"))
    ledger.start()
    ledger.end(DELIVERED)
    (said,) = ledger.said
    assert (said.outcome, said.attempts, said.reference) == (Ending.DELIVERED, 1, "C0/1.2")
    assert (said.about, said.repeated, said.reason) == ("item-1", False, "")
    assert ledger.state[key_of("m")] == SettledRow(seen_at=ledger.now)
    assert b"charged" not in ledger.outbox.codec.encode(ledger.state[key_of("m")])


def test_a_repeated_request_changes_nothing_before_and_after_settling(
    ledger: Ledger, make_request: Make
) -> None:
    """The same message id is counted as a duplicate, whatever else the event says."""
    ledger.take(make_request("m"), make_request("m", title="Other words"))
    assert ledger.row().request.title == "Card charged twice"
    ledger.start()
    ledger.end(DELIVERED)
    ledger.take(make_request("m"))
    assert len(ledger.said) == 1
    assert ledger.counts["productops_stage_duplicates_total", ("delivery",)] == 2


def test_an_id_is_remembered_for_the_horizon_and_then_counts_as_late(
    ledger: Ledger, make_request: Make
) -> None:
    """To the last moment of the horizon a repeat is a repeat; after it, it is late: never sent."""
    request = make_request("m")
    ledger.take(request)
    ledger.start()
    ledger.end(DELIVERED)
    ledger.now += HORIZON_MS - 1
    ledger.take(request)
    assert ledger.counts["productops_stage_duplicates_total", ("delivery",)] == 1
    ledger.now += 3_600_000
    ledger.take()
    assert key_of("m") not in ledger.state
    ledger.take(request)
    assert ledger.counts["productops_stage_late_total", ("delivery",)] == 1
    assert key_of("m") not in ledger.state
    assert len(ledger.said) == 1


def test_unsettled_messages_are_never_forgotten(ledger: Ledger, make_request: Make) -> None:
    """The sweep takes settled rows only."""
    ledger.take(make_request("m"))
    ledger.now += 2 * HORIZON_MS
    ledger.take()
    assert ledger.row().status is Status.PENDING


def test_old_requests_without_a_row_inform_nobody(ledger: Ledger, make_request: Make) -> None:
    """A replay into an empty state settles what is older than ``max_age`` as expired, unsent."""
    ledger.take(make_request("m", at=ledger.now - DAY - 1), make_request("n", at=ledger.now - DAY))
    (said,) = ledger.said
    assert (said.message_id, said.outcome, said.attempts) == ("m", Ending.EXPIRED, 0)
    assert "24 h" in said.reason
    assert isinstance(ledger.state[key_of("n")], MessageRow)


def test_a_message_about_something_old_is_as_young_as_its_request(
    ledger: Ledger, make_request: Make
) -> None:
    """A ticket that was read days late is announced: age counts from the request."""
    ledger.take(make_request("m", about_at=ledger.now - 20 * DAY))
    assert (ledger.row().requested_at, ledger.row().next_at) == (ledger.now, ledger.now)


def test_a_request_about_the_future_is_remembered_until_its_copies_are_late(
    ledger: Ledger, make_request: Make
) -> None:
    """A lying date does not let an id be forgotten while a copy of it could still be sent."""
    lying = make_request("m", about_at=ledger.now + 30 * DAY)
    ledger.take(lying)
    ledger.start()
    ledger.end(DELIVERED)
    ledger.now += HORIZON_MS + DAY
    ledger.take(lying)
    assert ledger.counts["productops_stage_duplicates_total", ("delivery",)] == 1
    assert len(ledger.said) == 1


def test_a_repeat_with_a_later_date_is_remembered_from_that_date(
    ledger: Ledger, make_request: Make
) -> None:
    """Each copy of a request stays a repeat until it counts as late itself."""
    ledger.take(make_request("m"))
    ledger.start()
    ledger.end(DELIVERED)
    later = make_request("m", about_at=ledger.now + 20 * DAY)
    ledger.take(later)
    ledger.now += HORIZON_MS + 10 * DAY
    ledger.take(later)
    assert ledger.counts["productops_stage_duplicates_total", ("delivery",)] == 2
    assert len(ledger.said) == 1


def test_the_passing_of_time_alone_writes_nothing_within_the_hour(
    ledger: Ledger, make_request: Make
) -> None:
    """Ticks each few seconds do not become a transaction each."""
    ledger.take(make_request("m"))
    for passed, written in ((3_599_999, False), (3_600_000, True)):
        outcome = ledger.outbox.process([], ledger.state, ledger.now + passed)
        assert bool(outcome.changes) is written


def test_a_receiver_that_is_not_configured_fails_with_a_remedy(
    ledger: Ledger, make_request: Make
) -> None:
    """Nothing waits for a receiver that nobody declared; the reason says what to do."""
    ledger.take(make_request("m", receiver="gone"))
    (said,) = ledger.said
    assert said.outcome is Ending.FAILED
    assert "'gone'" in said.reason
    assert "routes.yaml" in said.reason


def test_a_receiver_removed_while_messages_wait_fails_them(
    ledger: Ledger, make_request: Make
) -> None:
    """After a restart without the receiver, its turn settles the message as failed."""
    ledger.take(make_request("m"))
    ledger.outbox = Outbox({})
    ledger.start()
    assert [(said.outcome, said.attempts) for said in ledger.said] == [(Ending.FAILED, 0)]


def test_a_refusal_is_final_at_once(ledger: Ledger, make_request: Make) -> None:
    """What trying again cannot mend is settled as failed with the destination's reason."""
    ledger.take(make_request("m"))
    ledger.start()
    ledger.end(Attempt(Verdict.REFUSED, "the channel is archived"))
    (said,) = ledger.said
    assert (said.outcome, said.reason) == (Ending.FAILED, "the channel is archived")


def test_a_failure_waits_and_is_tried_again(ledger: Ledger, make_request: Make) -> None:
    """The next attempt is planned from the time the last one ended, without doubt."""
    ledger.take(make_request("m"))
    ledger.start()
    ledger.now += 7_000
    ledger.end(RETRY)
    row = ledger.row()
    assert (row.status, row.attempts, row.doubt) == (Status.PENDING, 1, False)
    assert ledger.now + 2_500 <= row.next_at <= ledger.now + 5_000


def test_a_wish_to_wait_is_followed(ledger: Ledger, make_request: Make) -> None:
    """``Retry-After`` moves the next attempt."""
    ledger.take(make_request("m"))
    ledger.start()
    ledger.end(Attempt(Verdict.RETRY, "too many", retry_after=90.0))
    assert ledger.row().next_at == ledger.now + 90_000


def test_attempts_run_out(clock: Any, make_request: Make) -> None:
    """After the receiver's number of attempts the message fails and says why the last failed."""
    ledger = Ledger(clock.millis(), attempts=3)
    ledger.take(make_request("m"))
    for _ in range(3):
        assert ledger.said == []
        ledger.start()
        ledger.end(RETRY)
    (said,) = ledger.said
    assert (said.outcome, said.attempts) == (Ending.FAILED, 3)
    assert "3 attempts" in said.reason
    assert "no connection" in said.reason


def test_age_runs_out_at_the_turn_of_a_message(ledger: Ledger, make_request: Make) -> None:
    """A message whose turn comes too late is settled as expired instead of being sent."""
    ledger.take(make_request("m"))
    ledger.now += DAY
    ledger.start()
    assert ledger.row().status is Status.ATTEMPTING
    ledger.end(RETRY)
    (said,) = ledger.said
    assert said.outcome is Ending.EXPIRED


def test_a_message_past_its_age_is_not_even_started(ledger: Ledger, make_request: Make) -> None:
    """One millisecond beyond ``max_age`` nothing is sent."""
    ledger.take(make_request("m"))
    ledger.now += DAY + 1
    ledger.start()
    assert [(said.outcome, said.attempts) for said in ledger.said] == [(Ending.EXPIRED, 0)]


def test_reports_about_another_attempt_change_nothing(ledger: Ledger, make_request: Make) -> None:
    """A late report of an earlier attempt, of a settled or of an unknown message is ignored."""
    ledger.take(make_request("m"))
    ledger.start()
    ledger.start()
    before = dict(ledger.state)
    ledger.take(AttemptEnded("m", 1, DELIVERED, ledger.now))
    ledger.take(AttemptEnded("x", 1, DELIVERED, ledger.now), AttemptStarted("x", ledger.now))
    assert (ledger.state, ledger.said) == (before, [])
    ledger.end(DELIVERED)
    ledger.start()
    ledger.take(AttemptEnded("m", 2, RETRY, ledger.now))
    assert len(ledger.said) == 1


def test_the_settled_event_is_identified_by_the_message_and_keeps_the_trace(
    ledger: Ledger, make_request: Make
) -> None:
    """Key, id, subject and trace id are those of the message, the span its own, always the same."""
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    outbox, state = ledger.outbox, ledger.state
    outcome = outbox.process(
        [make_request("m", receiver="gone", traceparent=trace)], state, ledger.now
    )
    (emission,) = outcome.emissions
    assert emission.key == b"m"
    assert emission.event is not None
    assert (emission.event.id, emission.event.source) == ("m/settled", "/workers/delivery")
    assert emission.event.type == "notification.message.settled.v1"
    own = parse(emission.event.traceparent)
    assert own is not None
    assert own.trace_id == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert own.span_id != "00f067aa0ba902b7"
    again = outbox.process(
        [make_request("m", receiver="gone", traceparent=trace)], state, ledger.now
    )
    assert again.emissions == outcome.emissions
    assert emission.cause == trace  # no attempt came between


def test_a_receiver_may_not_be_more_patient_than_ids_are_remembered() -> None:
    """Otherwise a message could be sent after its id was forgotten."""
    with pytest.raises(ValueError, match=r"team.*90 days"):
        Outbox({"team": Policy(max_age_ms=HORIZON_MS)})


def _record(value: bytes | None, key: bytes | None = b"m", timestamp: int = 1) -> Record:
    return Record(REQUESTED.name, 0, 0, key, value, timestamp)


def test_a_request_is_read_from_its_record(ledger: Ledger, make_request: Make) -> None:
    """What one worker writes, this one reads."""
    asked = make_request("m")
    record = _record(asked.event.to_json(), timestamp=asked.written_at)
    assert ledger.outbox.decode(record) == asked


def test_bad_records_are_named_without_their_words(ledger: Ledger, make_request: Make) -> None:
    """No value, no JSON, a wrong field, a foreign key, too many facts: each says what is wrong."""
    good = make_request("m", title="Private words").event.to_json()
    facts = [{"label": "a", "value": "b"}] * 51
    many = make_request("m", title="Private words", facts=facts).event.to_json()
    cases = {
        None: "no value",
        b"\xff\xfe": "json",
        good.replace(b'"message_id":"m"', b'"message_id":""'): "data.message_id",
        good.replace(b'"title":"Private words"', b'"title":["Private words"]'): "data.title",
        many: "51 facts",
    }
    for value, expected in cases.items():
        with pytest.raises(Malformed, match=expected) as caught:
            ledger.outbox.decode(_record(value))
        assert "Private" not in str(caught.value)
    with pytest.raises(Malformed, match="partition"):
        ledger.outbox.decode(_record(good, key=b"other"))
    with pytest.raises(Malformed, match="time"):
        ledger.outbox.decode(_record(good, timestamp=-1))
