"""Reads changelog partitions one after the other, as a task does that takes over, and says so.

python benchmarks/streaming/ours/restore.py --servers HOST:PORT --topic CHANGELOG --partitions 0,1
"""

import argparse
import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from measure import Meter
from ours.reference import RawCodec

from workers.config.settings import KafkaSettings
from workers.streaming.connection.clients import client_settings
from workers.streaming.engine.recovery.restore import restore


async def main() -> None:
    """Restore, and keep what was restored to the end."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--servers", required=True)
    parser.add_argument("--topic", required=True)
    parser.add_argument("--partitions", required=True)
    given = parser.parse_args()
    client = client_settings(KafkaSettings(servers=(given.servers,)))
    meter = Meter(0)
    meter.mark("begin")
    states = [
        await restore(client, given.topic, int(partition), RawCodec())
        for partition in given.partitions.split(",")
    ]
    meter.mark("restored", rows=sum(len(state.rows) for state, _ in states))
    meter.report()


if __name__ == "__main__":
    asyncio.run(main())
