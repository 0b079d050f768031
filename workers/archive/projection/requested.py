"""``notification.message.requested.v1``: what is to be told to whom."""

from collections.abc import Sequence

from schemas.envelope import Event
from schemas.notification import MessageRequested
from workers.archive.projection.merge import Change, Group, Merge
from workers.archive.projection.moments import sortable
from workers.archive.tables import messages
from workers.processor import Record

__all__ = ["project"]

MESSAGE = Merge(
    messages,
    groups=(
        Group("requested_version", ("requested_at", "title", "body", "link", "facts", "mention")),
    ),
    greatest=("receiver", "about"),
)


def project(event: Event[MessageRequested], record: Record) -> Sequence[Change]:
    """The message's row, which may have been settled already."""
    del record
    data = event.data
    row = {
        "message_id": data.message_id,
        "receiver": data.receiver,
        "about": data.about,
        "requested_version": f"{sortable(event.time)}|{event.id}",
        "requested_at": event.time,
        "title": data.title,
        "body": data.body,
        "link": data.link,
        "facts": [fact.model_dump(mode="json") for fact in data.facts],
        "mention": data.mention,
    }
    return (Change(MESSAGE, row),)
