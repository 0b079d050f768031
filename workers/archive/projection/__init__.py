"""From records to rows: what each event changes in the read model, whatever the order."""

from workers.archive.projection.merge import Change
from workers.archive.projection.projector import (
    ARCHIVED_TOPICS,
    PROJECTION_VERSION,
    Projected,
    project,
)

__all__ = ["ARCHIVED_TOPICS", "PROJECTION_VERSION", "Change", "Projected", "project"]
