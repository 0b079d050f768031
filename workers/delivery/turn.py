"""One chunk's worth of decisions of the outbox: a message's way from request to settled."""

from collections import Counter
from collections.abc import Hashable, Mapping
from datetime import UTC, datetime

from connectors.destinations.contract import Verdict
from schemas.envelope import Event
from schemas.notification import MessageSettled
from schemas.notification import Outcome as Ending
from schemas.topics import SETTLED
from schemas.trace import accepted, child
from workers.delivery.policy import HORIZON_MS, Policies, Policy, wait_ms
from workers.delivery.reports import AttemptEnded, AttemptStarted, Requested
from workers.delivery.rows import SWEPT_KEY, MessageRow, Row, SettledRow, Status, SweptRow, key_of
from workers.delivery.trace import attempt_trace, message_trace
from workers.processor import Emission, Outcome

__all__ = ["Turn"]

SOURCE = "/workers/delivery"
_SWEEP_MS = 3_600_000
_REASON = 512
_MAYBE = "it may have arrived: no answer came, and it cannot be looked up"


class Turn:
    """Collects changes on top of the state; what it has decided it sees at once."""

    def __init__(self, state: Mapping[str, Row], policies: Policies, now: int) -> None:
        self._state = state
        self._policies = policies
        self._now = now
        self._changes: dict[str, Row | None] = {}
        self._emissions: list[Emission] = []
        self._counts: Counter[tuple[str, Hashable]] = Counter()

    def outcome(self) -> Outcome[Row]:
        """Everything decided."""
        return Outcome(emissions=self._emissions, changes=self._changes, counts=dict(self._counts))

    def sweep(self) -> None:
        """Forget what was settled a horizon ago; at most once an hour of stream time."""
        swept = self._state.get(SWEPT_KEY)
        if not isinstance(swept, SweptRow) or self._now - swept.at < _SWEEP_MS:
            return
        for key, row in self._state.items():
            if isinstance(row, SettledRow) and row.seen_at + HORIZON_MS <= self._now:
                self._changes[key] = None
        self._changes[SWEPT_KEY] = SweptRow(at=self._now)

    def requested(self, asked: Requested) -> None:
        """A message is owed, unless it is a repeat, too old, or to nobody we know."""
        request, time = asked.event.data, asked.event_time
        known = self._row(request.message_id)
        if known is not None:
            self._count("productops_stage_duplicates_total", ("delivery",))
            if not isinstance(known, SweptRow) and known.seen_at < time:
                # remembered until this copy, too, would count as late
                seen = known.model_copy(update={"seen_at": time})
                self._changes[key_of(request.message_id)] = seen
            return
        if time + HORIZON_MS <= self._now:
            self._count("productops_stage_late_total", ("delivery",))
            return
        if SWEPT_KEY not in self._state:
            self._changes[SWEPT_KEY] = SweptRow(at=self._now)  # sweeps begin with the first row
        row = MessageRow(
            request=request,
            requested_at=asked.written_at,
            seen_at=time,
            traceparent=accepted(asked.event.traceparent, asked.event.identity),
            next_at=asked.written_at,
        )
        policy = self._policies.get(request.receiver)
        if policy is None:
            self._settle(row, Ending.FAILED, self._now, _unknown(request.receiver))
        elif self._now - row.requested_at > policy.max_age_ms:
            self._settle(row, Ending.EXPIRED, self._now, _aged(policy))
        else:
            self._put(row)

    def started(self, report: AttemptStarted) -> None:
        """Leave to send, if it still makes sense; an attempt that never ended leaves doubt.

        Invariant 4: the attempt is in Kafka before the call is made, so whoever comes after a
        crash asks the destination, or marks what may be a repeat.
        """
        row = self._row(report.message_id)
        if not isinstance(row, MessageRow):
            return
        doubt = row.doubt or row.status is Status.ATTEMPTING
        policy = self._policies.get(row.request.receiver)
        if policy is None:
            reason = _unknown(row.request.receiver)
            self._settle(row, Ending.FAILED, report.at, f"{reason}; {_MAYBE}" if doubt else reason)
            return
        too_old = report.at - row.requested_at > policy.max_age_ms
        exhausted = row.attempts >= policy.attempts
        if too_old and not doubt:
            self._settle(row, Ending.EXPIRED, report.at, _joined(_aged(policy), row.reason))
            return
        ask_only = doubt and (too_old or exhausted)
        self._put(
            row.model_copy(
                update={
                    "status": Status.ATTEMPTING,
                    "attempts": row.attempts + (not ask_only),
                    "first_attempt_at": row.first_attempt_at or report.at,
                    "doubt": doubt,
                    "ask_only": ask_only,
                }
            )
        )

    def ended(self, report: AttemptEnded) -> None:
        """Settle the message or plan its next attempt; reports of other attempts are stale."""
        row = self._row(report.message_id)
        if (
            not isinstance(row, MessageRow)
            or row.status is not Status.ATTEMPTING
            or row.attempts != report.number
        ):
            return
        attempt = report.attempt
        receiver = row.request.receiver
        if not row.ask_only:
            self._count("productops_message_attempts_total", (receiver, attempt.verdict.value))
        row = row.model_copy(update={"repeats": row.repeats + report.repeat})
        if attempt.verdict is Verdict.DELIVERED:
            self._settle(row, Ending.DELIVERED, report.at, reference=attempt.reference)
        elif attempt.verdict is Verdict.REFUSED:
            self._settle(row, Ending.FAILED, report.at, attempt.reason)
        else:
            self._again(row, report)

    def _again(self, row: MessageRow, report: AttemptEnded) -> None:
        """Plan the next attempt, or give up; what is in doubt is asked about before."""
        attempt, policy = report.attempt, self._policies.get(row.request.receiver) or Policy()
        doubt = attempt.verdict is Verdict.UNKNOWN or (row.doubt and not report.absent)
        reason = _joined(attempt.reason or row.reason, _MAYBE if doubt else "")
        next_at = report.at + wait_ms(
            report.message_id, row.attempts, asked=attempt.retry_after, doubt=doubt
        )
        exhausted = row.attempts >= policy.attempts
        too_late = next_at - row.requested_at > policy.max_age_ms
        if exhausted and (row.ask_only or not doubt):
            given_up = f"gave up after {row.attempts} attempts"
            self._settle(row, Ending.FAILED, report.at, _joined(given_up, reason))
        elif row.ask_only or (too_late and not doubt):
            self._settle(row, Ending.EXPIRED, report.at, _joined(_aged(policy), reason))
        else:
            self._put(
                row.model_copy(
                    update={
                        "status": Status.PENDING,
                        "next_at": next_at,
                        "doubt": doubt,
                        "reason": attempt.reason[:_REASON],
                    }
                )
            )

    def _settle(
        self,
        row: MessageRow,
        ending: Ending,
        at: int,
        reason: str = "",
        *,
        reference: str | None = None,
    ) -> None:
        """The end of a message: said once, its text forgotten."""
        request = row.request
        moment = datetime.fromtimestamp(at / 1_000, UTC)
        settled = MessageSettled(
            message_id=request.message_id,
            receiver=request.receiver,
            outcome=ending,
            attempts=row.attempts,
            repeated=row.repeats > 0,
            reason=reason[:_REASON],
            reference=reference[:256] if reference else None,
            about=request.about,
            settled_at=moment,
        )
        event_id = f"{request.message_id}/settled"
        event = Event[MessageSettled](
            id=event_id,
            source=SOURCE,
            type=SETTLED.name,
            time=moment,
            subject=request.about,
            partitionkey=request.message_id,
            traceparent=child(message_trace(row), f"{SOURCE}#{event_id}"),
            data=settled,
        )
        cause = attempt_trace(row) if row.attempts else message_trace(row)
        self._emissions.append(Emission.of(SETTLED, event, cause=cause))
        self._changes[key_of(request.message_id)] = SettledRow(seen_at=max(at, row.seen_at))
        if request.receiver in self._policies:
            self._count("productops_messages_settled_total", (request.receiver, ending.value))

    def _row(self, message_id: str) -> Row | None:
        key = key_of(message_id)
        return self._changes[key] if key in self._changes else self._state.get(key)

    def _put(self, row: MessageRow) -> None:
        self._changes[key_of(row.request.message_id)] = row

    def _count(self, metric: str, labels: tuple[str, ...]) -> None:
        self._counts[metric, labels] += 1


def _unknown(receiver: str) -> str:
    return (
        f"there is no receiver {receiver!r} in routes.yaml (any more): add it, or correct the "
        "route that names it"
    )


def _aged(policy: Policy) -> str:
    hours = policy.max_age_ms / 3_600_000
    return f"older than the {hours:g} h that its receiver allows (max_age)"


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)
