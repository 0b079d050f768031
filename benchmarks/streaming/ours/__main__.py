"""One job on the platform as users get it, as a process: until all events came, or SIGTERM.

python benchmarks/streaming/ours --servers HOST:PORT --topic NAME --job stateful --group NAME ...
"""

import asyncio
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import structlog
from measure import Meter
from options import options
from ours.real import RealParse, RealStateful
from ours.reference import Latency, Parse, Stateful
from ours.watch import Watch

from workers.config.settings import KafkaSettings
from workers.runtime.collector import calm_collector
from workers.streaming.engine.role import Role
from workers.streaming.worker import StreamWorker

JOBS: dict[str, Callable[[str, str], Any]] = {
    "parse": Parse,
    "stateful": Stateful,
    "latency": Latency,
    "real-parse": RealParse,
    "real-stateful": RealStateful,
}


async def main() -> None:
    """Run one job."""
    given = options(list(JOBS))
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    calm_collector()  # as every role does: ``workers.runtime.process``
    meter = Meter(given.events)
    watch = Watch(meter)
    worker = StreamWorker(
        Role(JOBS[given.job](given.group, given.topic)),
        KafkaSettings(servers=(given.servers,)),
        watch,
        data_dir=Path(given.state_dir),
    )
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    running = asyncio.create_task(worker.run(stop))
    waiting = asyncio.create_task(watch.all_done.wait())
    await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    stop.set()
    await running
    meter.report(chunks=watch.chunks)


if __name__ == "__main__":
    asyncio.run(main())
