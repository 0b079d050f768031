"""Read every topic from its first record into a second model, then exchange the two."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from workers.archive.engine import open_engine
from workers.archive.intake.intake import Intake, IntakeSettings
from workers.archive.intake.progress import Progress
from workers.archive.intake.source import Source
from workers.archive.ledger import Spot
from workers.archive.meta import REBUILT_AT, VERSION, set_facts
from workers.archive.migrate import upgrade
from workers.archive.projection import PROJECTION_VERSION
from workers.archive.rebuild.only_one import only_one
from workers.archive.rebuild.shadow import shadow_of
from workers.archive.status import row_counts
from workers.archive.writer import Writer
from workers.streaming.engine.halts.fuse import FuseLimits

__all__ = ["Rebuilt", "rebuild"]

_TELL_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild came to."""

    records: int
    """Offsets gone through, markers of transactions included."""
    seconds: float
    before: Mapping[str, int]
    """Rows by table in the model that was in use."""
    after: Mapping[str, int]
    """Rows by table in the model built anew."""
    exchanged: bool


async def rebuild(
    url: str,
    source: Source,
    *,
    owner: str,
    cluster_id: str | None,
    exchange: bool = True,
    tell: Callable[[int], None] | None = None,
    settings: IntakeSettings | None = None,
    fuse: FuseLimits = FuseLimits(),  # noqa: B008 - frozen
) -> Rebuilt:
    """Build the model at ``url`` again from every record that ``source`` holds.

    The model in use is read and written by others until the end, when the two are exchanged
    in one transaction; with ``exchange=False`` the new one is thrown away. ``source`` has to
    own all partitions. What the topics no longer hold is not in the new model. ``tell`` is
    called every few seconds with the records that are still to be read. Raises
    ``RebuildRunningError`` while another rebuild of this database runs, and
    ``PartitionsHaltedError`` where too many records cannot be read: then nothing is exchanged.
    """
    started = time.perf_counter()
    main = open_engine(url)
    try:
        await asyncio.to_thread(upgrade, main)
        with only_one(main), shadow_of(url, main) as shadow:
            extents = await source.extents(source.assigned())
            until = {spot: extent.end for spot, extent in extents.items()}
            intake = Intake(
                source,
                Writer(shadow.engine),
                owner=owner,
                cluster_id=cluster_id,
                progress=Progress(None),
                settings=settings,
                fuse=fuse,
            )
            telling = asyncio.create_task(_tell(intake, tell))
            try:
                await intake.run(asyncio.Event(), until=until)
            finally:
                telling.cancel()
            set_facts(
                shadow.engine,
                **{VERSION: str(PROJECTION_VERSION), REBUILT_AT: datetime.now(UTC).isoformat()},
            )
            before, after = row_counts(main), row_counts(shadow.engine)
            if exchange:
                await asyncio.to_thread(shadow.exchange)
    finally:
        main.dispose()
    return Rebuilt(
        records=_records(extents),
        seconds=time.perf_counter() - started,
        before=before,
        after=after,
        exchanged=exchange,
    )


async def _tell(intake: Intake, tell: Callable[[int], None] | None) -> None:
    while tell is not None:
        await asyncio.sleep(_TELL_SECONDS)
        tell(intake.behind)


def _records(extents: Mapping[Spot, tuple[int, int]]) -> int:
    return sum(end - first for first, end in extents.values())
