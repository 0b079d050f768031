"""Faust as shipped: an agent, and for the stateful job a table with its changelog."""

import argparse
import asyncio
import os
import tempfile

import faust
from measure import Meter


def main() -> None:
    """Run one job until all events have come."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--servers", required=True)
    parser.add_argument("--job", choices=["parse", "stateful"], required=True)
    parser.add_argument("--events", type=int, required=True)
    options = parser.parse_args()
    app = faust.App(
        f"bench-faust-{options.job}",
        broker=f"kafka://{options.servers}",
        store="memory://",
        web_enabled=False,
        topic_partitions=4,
        datadir=tempfile.mkdtemp(),
    )
    topic = app.topic("bench.exposure.recorded.v1", value_serializer="json", value_type=None)
    table = app.Table("first", partitions=4) if options.job == "stateful" else None
    meter = Meter()
    seen = 0
    counts: dict[str, int] = {}

    @app.agent(topic)
    async def job(stream):  # type: ignore[no-untyped-def]
        nonlocal seen
        async for event in stream:
            meter.first()
            if table is not None:
                unit = event["unit"]
                if unit not in table:
                    table[unit] = f"{event['experiment']}/{event['variant']}/{event['at']}"
                    name = f"{event['experiment']}/{event['variant']}"
                    counts[name] = counts.get(name, 0) + 1
            seen += 1
            if seen == options.events:
                meter.report(seen, counts=counts)
                os._exit(0)

    async def run() -> None:
        await app.start()
        await asyncio.Event().wait()

    asyncio.run(run())


if __name__ == "__main__":
    main()
