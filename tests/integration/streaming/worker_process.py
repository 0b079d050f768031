"""A worker of the tests as a process of its own, which can be told to end itself at a step."""

import argparse
import asyncio
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workers.config.settings import KafkaSettings, MemorySettings
from workers.observability.metrics import Metrics
from workers.observability.stacks import stacks
from workers.processor import Processor
from workers.streaming.engine.probe import Probe, Step
from workers.streaming.engine.role import Role
from workers.streaming.metrics_watch import MetricsWatch
from workers.streaming.worker import StreamWorker

__all__ = ["STACKS_TOLD", "options_parser", "run_worker"]

STACKS_TOLD = "all stacks told"
"""Last line of what a worker writes on SIGUSR1: where each thread and task of it stands."""


@dataclass(slots=True)
class KillAt:
    """Ends or freezes the process after the given step of its ``after``-th chunk."""

    step: int
    after: int
    sent: signal.Signals = signal.SIGKILL
    seen: int = 0

    async def __call__(self, step: Step, _partition: int, /) -> None:
        """See ``Probe``."""
        if step == self.step:
            self.seen += 1
            if self.seen == self.after:
                os.kill(os.getpid(), self.sent)


def options_parser() -> argparse.ArgumentParser:
    """What every such worker can be told."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--servers", required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--kill-step", type=int, default=0)
    parser.add_argument("--kill-after", type=int, default=0)
    parser.add_argument("--kill-signal", default="SIGKILL")
    parser.add_argument("--chunk-records", type=int, default=50)
    parser.add_argument("--standby", action="store_true")
    return parser


async def run_worker(
    processor: Processor[Any, Any],
    options: argparse.Namespace,
    watch: MetricsWatch | None = None,
    probe: Probe | None = None,
) -> None:
    """Run until SIGTERM. ``probe``: instead of what the options tell about a kill."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    # not a handler of the loop's: a loop that hangs is to tell, too
    signal.signal(signal.SIGUSR1, lambda *_: sys.stderr.write(f"{stacks(loop)}\n{STACKS_TOLD}\n"))
    worker = StreamWorker(
        Role(processor),
        KafkaSettings(servers=tuple(options.servers.split(","))),
        watch or MetricsWatch("feedback", Metrics()),
        data_dir=Path("/nonexistent"),
        probe=probe
        or KillAt(options.kill_step, options.kill_after, signal.Signals[options.kill_signal]),
        chunk_records=options.chunk_records,
        memory=MemorySettings(standby=options.standby),
    )
    await worker.run(stop)
