"""The sender: carries out what the outbox owes, one lane a receiver, never in a partition's way.

Each message goes through these steps. What is said of a crash holds as well for a partition
that is taken away in the middle and for a process that was frozen while another took over.

    1. take       the oldest message that is due, when the lane's rate allows a call
    2. start      submit ``AttemptStarted``; its commit makes the row ``attempting``, or settles
                  the message where a call makes no sense any more
    3. find       only if an earlier attempt left doubt: ask whether the message has arrived
    4. send       only if it has not, or nobody can tell: one call, with the idempotency key
    5. end        submit ``AttemptEnded``; its commit settles the message or plans the next try
    6. forget     the row is slimmed to its id, kept for the horizon

A crash leaves behind
    before 2      nothing: the row is as it was, the next owner sends
    2 to 4        a row ``attempting`` without a call: the next owner cannot know that, so it
                  starts with 3; where nothing can be asked and nothing is deduplicated, the
                  message is sent marked as a repeat although it is none
    in 4, 4 to 5  a row ``attempting`` and perhaps a delivered message: 3 finds it (Slack's web
                  API), or 4 repeats it and the receiver drops it (Standard Webhooks), or 4
                  repeats it, marked: at most one repeat a crash (incoming webhooks)
    after 5       nothing open: the settled event is in the same transaction as the row

A call that gets no answer, or one that leaves it open, is like a crash in 4: the row says
``doubt``, and the next attempt begins with 3.

A row found ``attempting`` on opening waits ``GRACE_MS`` first: the former owner's call may
still be on its way. What a call answers after its partition was closed is dropped; the next
owner finds out as after a crash.
"""

import asyncio
from collections.abc import Mapping

from connectors.base.contract import Clock
from workers.delivery.lane import Held, Lane, Way, millis
from workers.delivery.queue import Job
from workers.delivery.rows import MessageRow, Row, Status
from workers.observability.metrics import Metrics
from workers.observability.tracing.tracer import NO_TRACER, Tracer
from workers.processor import Submit

__all__ = ["GRACE_MS", "Sender"]

GRACE_MS = 5_000

_UNKNOWN_RECEIVERS = ""
_CLOSING_SECONDS = 1.5


class Sender:
    """The process's only sender: all open partitions, all receivers.

    ``submit`` must return after ``committed`` was called for what was submitted.
    """

    def __init__(
        self,
        ways: Mapping[str, Way],
        clock: Clock,
        metrics: Metrics,
        tracer: Tracer = NO_TRACER,
    ) -> None:
        self._clock = clock
        self._metrics = metrics
        self._held: dict[int, Held] = {}
        self._lanes = {
            name: Lane(name, way, clock, self._held, tracer)
            for name, way in [*ways.items(), (_UNKNOWN_RECEIVERS, None)]
        }

    def opened(self, partition: int, state: Mapping[str, Row], submit: Submit, /) -> None:
        """Take over what is owed."""
        held = self._held[partition] = Held(partition, submit)
        for lane in self._lanes.values():
            lane.leave(partition)
        late = millis(self._clock) + GRACE_MS
        for key, row in state.items():
            if isinstance(row, MessageRow):
                held.rows[key] = row
                self._owe(partition, key, row, late if _left(row) else row.next_at)
        self._show(held)
        for lane in self._lanes.values():
            lane.start()

    def committed(self, partition: int, changes: Mapping[str, Row | None], /) -> None:
        """Follow the rows."""
        held = self._held.get(partition)
        if held is None:
            return
        for key, row in changes.items():
            if not isinstance(row, MessageRow):
                held.rows.pop(key, None)
                continue
            held.rows[key] = row
            if row.status is Status.PENDING:
                self._owe(partition, key, row, row.next_at)
        self._show(held)

    async def closed(self, partition: int, /) -> None:
        """Cancel and forget what belongs to the partition."""
        if self._held.pop(partition, None) is None:
            return
        self._metrics.forget("productops_messages_pending", str(partition))
        lanes = self._lanes.values()
        cancelled = [task for lane in lanes if (task := lane.leave(partition))]
        if not self._held:
            # at once, without waiting: a partition opened meanwhile starts the lanes anew
            cancelled += [task for lane in lanes for task in lane.halt()]
        if cancelled:
            await asyncio.wait(cancelled, timeout=_CLOSING_SECONDS)
        if not self._held:
            await asyncio.gather(*(lane.close() for lane in lanes))

    def _owe(self, partition: int, key: str, row: MessageRow, due_at: int) -> None:
        lane = self._lanes.get(row.request.receiver) or self._lanes[_UNKNOWN_RECEIVERS]
        lane.put(Job(row.requested_at, key, partition), due_at)

    def _show(self, held: Held) -> None:
        self._metrics.gauge("productops_messages_pending", str(held.partition)).set(len(held.rows))


def _left(row: MessageRow) -> bool:
    """Whether a former owner left it in the middle of an attempt."""
    return row.status is Status.ATTEMPTING
