"""How far the read model is, in numbers a command or a check can use."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, func, select

from workers.archive.engine import is_missing
from workers.archive.ledger import Gap, Spot
from workers.archive.meta import REBUILT_AT, VERSION, fact
from workers.archive.migrate import head, revision_of
from workers.archive.projection import PROJECTION_VERSION
from workers.archive.tables import PROJECTED, gaps, offsets

__all__ = ["PartitionStatus", "Status", "row_counts", "status"]


@dataclass(frozen=True, slots=True)
class PartitionStatus:
    """One partition as the archive last saw it."""

    topic: str
    partition: int
    next_offset: int
    behind: int
    owner: str
    checked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Status:
    """The whole model."""

    database: str
    """``sqlite`` or ``postgresql``."""
    revision: str | None
    revision_known: str
    projection: str | None
    projection_known: str
    rebuilt_at: str | None
    rows: dict[str, int]
    behind: int
    """Records that waited in Kafka when the archive last looked."""
    age_seconds: float | None
    """How long ago the archive last looked at its slowest partition; ``None``: never."""
    gaps: Sequence[Gap]
    partitions: Sequence[PartitionStatus]

    @property
    def current(self) -> bool:
        """Whether tables and rows are of this program's version."""
        return self.revision == self.revision_known and self.projection == self.projection_known


def status(engine: Engine, now: datetime) -> Status:
    """Read it; a database that was never migrated has no rows and no revision."""
    revision = None if is_missing(engine) else revision_of(engine)
    if revision is None:
        return _nothing(engine)
    with engine.connect() as connection:
        partitions = [
            PartitionStatus(
                row.topic,
                row.partition,
                row.next_offset,
                max(0, row.end_offset - max(0, row.next_offset)),
                row.owner,
                row.checked_at,
            )
            for row in connection.execute(
                select(offsets).order_by(offsets.c.topic, offsets.c.partition)
            )
        ]
        found = [
            Gap(Spot(row.topic, row.partition), row.first_offset, row.next_offset, row.reason)
            for row in connection.execute(select(gaps).order_by(gaps.c.found_at))
        ]
    looked = [partition.checked_at for partition in partitions if partition.checked_at]
    return Status(
        database=engine.dialect.name,
        revision=revision,
        revision_known=head(),
        projection=fact(engine, VERSION),
        projection_known=str(PROJECTION_VERSION),
        rebuilt_at=fact(engine, REBUILT_AT),
        rows=row_counts(engine),
        behind=sum(partition.behind for partition in partitions),
        age_seconds=max(0.0, (now - min(looked)).total_seconds()) if looked else None,
        gaps=found,
        partitions=partitions,
    )


def row_counts(engine: Engine) -> dict[str, int]:
    """Rows of every projected table."""
    with engine.connect() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in PROJECTED
        }


def _nothing(engine: Engine) -> Status:
    return Status(
        database=engine.dialect.name,
        revision=None,
        revision_known=head(),
        projection=None,
        projection_known=str(PROJECTION_VERSION),
        rebuilt_at=None,
        rows={},
        behind=0,
        age_seconds=None,
        gaps=(),
        partitions=(),
    )
