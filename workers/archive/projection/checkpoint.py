"""``connector.checkpoint.saved.v1``: how far a source has been read, and how it is."""

from collections.abc import Sequence

from schemas.envelope import Event
from schemas.platform import CheckpointSaved
from workers.archive.projection.merge import Change, Group, Merge
from workers.archive.projection.moments import sortable
from workers.archive.tables import sources
from workers.processor import Record

__all__ = ["project"]

SOURCE = Merge(
    sources,
    groups=(
        Group(
            "version",
            (
                "saved_at",
                "vendor",
                "status",
                "remedy",
                "checkpoint",
                "records",
                "dead",
                "last_success",
                "last_event_time",
                "next_pull_at",
            ),
        ),
    ),
)


def project(event: Event[CheckpointSaved], record: Record) -> Sequence[Change]:
    """The source's row; the newest word holds."""
    data = event.data
    row = {
        "source_name": data.source_name,
        "version": f"{sortable(event.time)}|{record.offset:020d}",
        "saved_at": event.time,
        "vendor": data.vendor,
        "status": data.status,
        "remedy": data.remedy,
        "checkpoint": data.checkpoint,
        "records": data.records,
        "dead": data.dead,
        "last_success": data.last_success,
        "last_event_time": data.last_event_time,
        "next_pull_at": data.next_pull_at,
    }
    return (Change(SOURCE, row),)
