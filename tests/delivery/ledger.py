"""An outbox with its state, driven decision by decision."""

from typing import Any

from connectors.destinations.contract import Attempt, Verdict
from workers.delivery.outbox import Outbox
from workers.delivery.policy import Policy
from workers.delivery.reports import AttemptEnded, AttemptStarted
from workers.delivery.rows import MessageRow, key_of

__all__ = ["DELIVERED", "RETRY", "UNKNOWN", "Ledger"]

RETRY = Attempt(Verdict.RETRY, "no connection")
UNKNOWN = Attempt(Verdict.UNKNOWN, "no answer")
DELIVERED = Attempt(Verdict.DELIVERED, reference="C0/1.2")


class Ledger:
    """An outbox, its state, and what it has said."""

    def __init__(self, now: int, **policy: int) -> None:
        self.outbox = Outbox({"team": Policy(**policy)})
        self.now = now
        self.state: dict[str, Any] = {}
        self.said: list[Any] = []
        self.counts: dict[Any, int] = {}

    def take(self, *events: Any) -> None:
        """One chunk."""
        outcome = self.outbox.process(events, self.state, self.now)
        for key, row in outcome.changes.items():
            if row is None:
                del self.state[key]
            else:
                self.state[key] = row
        self.said += [emission.data for emission in outcome.emissions]
        for name, count in outcome.counts.items():
            self.counts[name] = self.counts.get(name, 0) + count

    def start(self, message_id: str = "m") -> None:
        """The sender begins."""
        self.take(AttemptStarted(message_id, self.now))

    def end(self, attempt: Attempt, **more: Any) -> None:
        """The sender reports the end of the attempt under way."""
        self.take(AttemptEnded("m", self.row().attempts, attempt, self.now, **more))

    def row(self) -> MessageRow:
        """The unsettled row of message ``m``."""
        row = self.state[key_of("m")]
        assert isinstance(row, MessageRow)
        return row
