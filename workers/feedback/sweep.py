"""Deleting what has been kept long enough."""

from itertools import islice

from workers.feedback.chunk import Chunk
from workers.feedback.item.identity import day_of
from workers.feedback.item.rows import ItemRow, SweepRow

__all__ = ["KEEP_DAYS", "MAX_DELETIONS", "SWEEP_KEY", "sweep"]

KEEP_DAYS = 400
"""A row that has not changed for so many days of stream time is deleted; by then the topics'
records are gone as well."""
SWEEP_KEY = "#swept"
"""Key of the partition's ``SweepRow``; no item id begins with ``#``."""
MAX_DELETIONS = 1_000
"""Rows deleted on one clock tick; the next tick goes on."""


def sweep(chunk: Chunk) -> None:
    """Once a day of stream time, delete the rows that nothing has touched for long."""
    today = day_of(chunk.now)
    last = chunk.row(SWEEP_KEY)
    if isinstance(last, SweepRow) and last.day >= today:
        return
    old = (
        key
        for key, row in chunk.state.items()
        if isinstance(row, ItemRow) and row.touched < today - KEEP_DAYS and key not in chunk.changes
    )
    deleted = list(islice(old, MAX_DELETIONS))
    chunk.changes.update(dict.fromkeys(deleted))
    if len(deleted) < MAX_DELETIONS:
        chunk.changes[SWEEP_KEY] = SweepRow(today)
