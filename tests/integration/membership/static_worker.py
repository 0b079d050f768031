"""A counting worker with a place of its own in its group; run by the tests as a process."""

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

import click

from tests.integration.streaming.counting_worker import Counting
from workers.config.settings import Settings
from workers.observability.metrics import Metrics
from workers.streaming.engine.role import Role
from workers.streaming.metrics_watch import MetricsWatch
from workers.streaming.worker import StreamWorker, WorkerFailedError


class TellingWatch(MetricsWatch):
    """Says when the group has shared out its partitions."""

    def assigned(self) -> None:
        """See ``TaskWatch``."""
        super().assigned()
        click.echo("assigned")


async def main() -> None:
    """Run until SIGTERM, by the settings of the environment; what ends it is told."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--name", required=True)
    name = parser.parse_args().name
    settings = Settings.from_environment(os.environ, cwd=Path.cwd())
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    worker = StreamWorker(
        Role(Counting(name)),
        settings.kafka,
        TellingWatch("feedback", Metrics()),
        data_dir=Path("/nonexistent"),
        chunk_records=50,
        membership=settings.membership,
    )
    try:
        await worker.run(stop)
    except WorkerFailedError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    asyncio.run(main())
