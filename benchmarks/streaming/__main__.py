"""The platform beside its peers, in one session on one broker.

    python benchmarks/streaming [--events N] [--only parse,stateful,...] [--write]

Each job runs in a process and an environment of its own and reads the same topic. Peers are
as shipped; the platform is as users get it, transactions on. ``--write`` puts the tables into
docs/performance.md, which says how to read them.
"""

import argparse
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from machine import Machine  # noqa: E402
from page import write_sections  # noqa: E402
from parts.kill import kill  # noqa: E402
from parts.latency import latency  # noqa: E402
from parts.restore import restore  # noqa: E402
from parts.throughput import throughput  # noqa: E402
from parts.workers import workers  # noqa: E402
from running import EndedError  # noqa: E402
from session import Session  # noqa: E402

from workers.streaming.broker import EmbeddedBroker  # noqa: E402
from workers.streaming.broker.jars import KAFKA_VERSION  # noqa: E402

REPOSITORY = HERE.parents[1]
STATE = REPOSITORY / ".productops"
PAGE = REPOSITORY / "docs" / "performance.md"

PARTS: Mapping[str, Callable[[Session], str]] = {
    "parse": partial(throughput, jobs=("parse",)),
    "stateful": partial(throughput, jobs=("stateful",)),
    "real": partial(throughput, jobs=("real-parse", "real-stateful")),
    "kill": kill,
    "workers": workers,
    "latency": latency,
    "restore": restore,
}


def main() -> None:
    """Measure, print, and write if wanted."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--slow-events", type=int, default=100_000, help="for Faust as shipped")
    parser.add_argument("--only", default=",".join(PARTS), help=f"of {', '.join(PARTS)}")
    parser.add_argument("--among", default="", help="pattern of names to be measured; all")
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    options = parser.parse_args()
    names = options.only.split(",")
    if unknown := [name for name in names if name not in PARTS]:
        parser.error(f"no such part: {', '.join(unknown)}")
    machine = Machine()
    with tempfile.TemporaryDirectory(prefix="productops-benchmark-") as folder:
        broker = EmbeddedBroker(Path(folder) / "kafka", cache_dir=STATE / "cache")
        session = Session(
            servers=broker.start().bootstrap,
            folder=Path(folder),
            environments=STATE / "benchmarks",
            events=options.events,
            slow_events=min(options.slow_events, options.events),
            among=options.among,
        )
        try:
            failed = [
                name for name in names if not _part(name, session, machine, write=options.write)
            ]
        finally:
            session.close()
            broker.stop()
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def _part(name: str, session: Session, machine: Machine, *, write: bool) -> bool:
    """One part, written as soon as it is known; whether it came to an end."""
    started = time.monotonic()
    try:
        made = PARTS[name](session)
    except EndedError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return False
    finally:
        session.reap()
    section = (
        f"Measured on {datetime.now(UTC):%Y-%m-%d}: {machine}, "
        f"Python {platform.python_version()}, Kafka {KAFKA_VERSION}.\n\n{made}"
    )
    print(f"\n{name}, {time.monotonic() - started:.0f} s. {section}\n", flush=True)
    if write:
        write_sections(PAGE, {name: section})
    return True


if __name__ == "__main__":
    main()
