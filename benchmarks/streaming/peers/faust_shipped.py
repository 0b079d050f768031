"""Faust as shipped: an agent, and for the stateful job two tables with their changelogs.

Counts are kept by partition, experiment and variant: the table's partition is that of the event,
and the memory store holds all partitions in one mapping, so a count of two partitions under one
key would be the last one written.
"""

import asyncio
import os

import faust
from measure import Meter
from options import options


def main() -> None:
    """Run one job until all events have come."""
    given = options(["parse", "stateful"])
    meter = Meter(given.events)
    app = faust.App(
        given.group,
        broker=f"kafka://{given.servers}",
        store="memory://",
        web_enabled=False,
        topic_partitions=4,
        datadir=given.state_dir,
    )
    topic = app.topic(given.topic, value_serializer="json", value_type=None)
    done = asyncio.Event()

    if given.job == "parse":

        @app.agent(topic)
        async def parse(stream):  # type: ignore[no-untyped-def]
            async for _ in stream:
                if meter.add():
                    done.set()
    else:
        first = app.Table("first", partitions=4)
        counts = app.Table("counts", default=int, partitions=4)

        @app.agent(topic)
        async def keep(stream):  # type: ignore[no-untyped-def]
            async for event in stream.events():
                exposure = event.value
                unit = exposure["unit"]
                if unit not in first:
                    name = f"{exposure['experiment']}/{exposure['variant']}"
                    first[unit] = f"{name}/{exposure['at']}"
                    counts[f"{event.message.partition}/{name}"] += 1
                if meter.add():
                    done.set()

    async def run() -> None:
        await app.start()
        await done.wait()
        await app.stop()

    asyncio.run(run())
    meter.report()
    os._exit(0)


if __name__ == "__main__":
    main()
