"""``notification.message.settled.v1``: how a message ended."""

from collections.abc import Sequence

from schemas.envelope import Event
from schemas.notification import MessageSettled
from workers.archive.projection.merge import Change, Group, Merge
from workers.archive.projection.moments import sortable
from workers.archive.tables import messages
from workers.processor import Record

__all__ = ["project"]

MESSAGE = Merge(
    messages,
    groups=(
        Group(
            "settled_version",
            ("settled_at", "outcome", "reason", "attempts", "repeated", "reference"),
        ),
    ),
    greatest=("receiver", "about"),
)


def project(event: Event[MessageSettled], record: Record) -> Sequence[Change]:
    """The message's row, whose request may not have been seen yet."""
    del record
    data = event.data
    row = {
        "message_id": data.message_id,
        "receiver": data.receiver,
        "about": data.about,
        "settled_version": f"{sortable(data.settled_at)}|{event.id}",
        "settled_at": data.settled_at,
        "outcome": data.outcome.value,
        "reason": data.reason,
        "attempts": data.attempts,
        "repeated": data.repeated,
        "reference": data.reference,
    }
    return (Change(MESSAGE, row),)
