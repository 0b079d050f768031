"""A poller with all that it is given, in memory."""

from datetime import datetime

from prometheus_client import CollectorRegistry

from schemas.platform import CheckpointSaved
from tests.ingest.scripts import NOW, Notebook, Script, StepClock, source, to_its_end
from workers.ingest.poller import Poller
from workers.ingest.watch import SourceWatch
from workers.observability.metrics import Metrics
from workers.streaming.engine.halts.fuse import FuseLimits

SAVED = CheckpointSaved(
    source_name="support", vendor="zendesk", checkpoint={"cursor": "7"}, last_success=NOW
)


class World:
    """A poller with all that it is given."""

    def __init__(
        self,
        *scripts: Script,
        naps: int = 1,
        known: CheckpointSaved | None = None,
        fuse: FuseLimits = FuseLimits(),  # noqa: B008 - frozen
    ) -> None:
        self.registry = CollectorRegistry()
        self.clock = StepClock(naps)
        self.publisher = Notebook(known)
        self.scripts = list(scripts)
        self.connected: list[datetime] = []
        """From when on each new connector reads."""
        self.poller = Poller(
            source(),
            self._connect,
            self.publisher,
            SourceWatch(Metrics(self.registry)),
            self.clock,
            fuse=fuse,
        )

    def _connect(self, since: datetime) -> Script:
        self.connected.append(since)
        return self.scripts[min(len(self.connected), len(self.scripts)) - 1]

    async def run(self) -> bool:
        """Run to the end of the script; whether the poller ended by itself."""
        return await to_its_end(self.poller.run(), self.clock)

    def metric(self, name: str, **labels: str) -> float | None:
        """The value of a series."""
        return self.registry.get_sample_value(name, {"source": "support", **labels})
