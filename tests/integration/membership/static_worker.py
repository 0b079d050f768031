"""A counting worker run as a role is; started by the tests as a process.

It is set up by the environment, and says when the group has shared out its partitions, what
ended it, and how many events it has processed.
"""

import argparse
import os
import signal
import sys
from pathlib import Path

import click

from tests.integration.streaming.counting_worker import Counting
from workers.config.settings import Settings
from workers.observability.metrics import Metrics
from workers.runtime.process import run_process
from workers.streaming.engine.role import Role
from workers.streaming.engine.watch import ChunkDone
from workers.streaming.metrics_watch import MetricsWatch
from workers.streaming.worker import StreamWorker, WorkerFailedError


class TellingWatch(MetricsWatch):
    """Writes to the standard output."""

    processed = 0
    end_after = 0
    """After so many events the process is told to end, in the middle of its work; 0: never."""

    def assigned(self) -> None:
        """See ``TaskWatch``."""
        super().assigned()
        click.echo("assigned")

    def committed(self, partition: int, chunk: ChunkDone) -> None:
        """See ``TaskWatch``."""
        super().committed(partition, chunk)
        before = self.processed
        self.processed += chunk.events
        if before < self.end_after <= self.processed:
            os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Run until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--name", required=True)
    parser.add_argument("--end-after", type=int, default=0)
    options = parser.parse_args()
    name = options.name
    settings = Settings.from_environment(os.environ, cwd=Path.cwd())
    metrics = Metrics()
    watch = TellingWatch("feedback", metrics)
    watch.end_after = options.end_after
    worker = StreamWorker(
        Role(Counting(name)),
        settings.kafka,
        watch,
        data_dir=Path("/nonexistent"),
        chunk_records=50,
        membership=settings.membership,
    )
    try:
        run_process("feedback", worker, metrics, settings, None)
    except WorkerFailedError as error:
        sys.exit(str(error))
    click.echo(f"processed {watch.processed}")


if __name__ == "__main__":
    main()
