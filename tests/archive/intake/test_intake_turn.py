"""The loop of the archive tells that it comes round, and no longer does so when it hangs."""

import asyncio
from collections.abc import Mapping, Sequence

from aiokafka.errors import KafkaConnectionError
from sqlalchemy import Engine

from tests.archive.log import Log, LogSource
from tests.archive.story import Story
from workers.archive.intake.intake import Intake, IntakeSettings
from workers.archive.intake.progress import Progress
from workers.archive.ledger import Spot
from workers.archive.writer import Writer
from workers.observability.turn import Turn
from workers.processor import Record

_STEPS = 5


class Hanging(LogSource):
    """Each fetch takes 40 seconds of ``now``, every other fails; after some none is answered."""

    def __init__(self, log: Log) -> None:
        super().__init__(log)
        self.now = 0.0
        self.asked = 0
        self.hangs = asyncio.Event()

    async def fetch(self, limit: int, timeout_ms: int) -> Mapping[Spot, Sequence[Record]]:
        """See above."""
        self.asked += 1
        if self.asked > _STEPS:
            self.hangs.set()
            await asyncio.Event().wait()
        self.now += 40
        if self.asked % 2:
            raise KafkaConnectionError
        return await super().fetch(limit, timeout_ms)


async def test_a_loop_that_hangs_is_late_and_one_that_fails_again_and_again_is_not(
    engine: Engine, story: Story
) -> None:
    """A step that fails is a round, too: why it fails is told, and it has bounds of its own."""
    log = Log()
    log.append(story.received("1"))
    source, stop = Hanging(log), asyncio.Event()
    turn = Turn(patience=60, monotonic=lambda: source.now)
    intake = Intake(
        source,
        Writer(engine),
        owner="one",
        cluster_id="c",
        progress=Progress(None),
        settings=IntakeSettings(batch=4, wait=0.01, check=3_600, first_retry=0.001),
        turn=turn,
    )
    source.now += 10_000
    assert not turn.late, "it has not begun"
    running = asyncio.create_task(intake.run(stop))
    await asyncio.wait_for(source.hangs.wait(), 60)
    assert not turn.late, "200 s in all, no step longer than 40"
    source.now += 61
    assert turn.late
    stop.set()
    await asyncio.wait_for(running, 60)
    assert not turn.late, "it has ended"
