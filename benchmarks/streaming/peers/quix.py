"""Quix Streams: a streaming data frame, for the stateful job with its RocksDB state."""

import argparse
import os
import tempfile

from measure import Meter
from quixstreams import Application


def main() -> None:
    """Run one job until all events have come."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--servers", required=True)
    parser.add_argument("--job", choices=["parse", "stateful"], required=True)
    parser.add_argument("--events", type=int, required=True)
    options = parser.parse_args()
    app = Application(
        broker_address=options.servers,
        consumer_group=f"bench-quix-{options.job}",
        auto_offset_reset="earliest",
        state_dir=tempfile.mkdtemp(),
        loglevel="WARNING",
    )
    topic = app.topic("bench.exposure.recorded.v1", value_deserializer="json")
    frame = app.dataframe(topic)
    meter = Meter()
    seen = 0
    counts: dict[str, int] = {}

    def count() -> None:
        nonlocal seen
        meter.first()
        seen += 1
        if seen == options.events:
            meter.report(seen, counts=counts)
            os._exit(0)

    def parse(event):  # type: ignore[no-untyped-def]
        count()
        return event

    def keep(event, state):  # type: ignore[no-untyped-def]
        if not state.exists("first"):
            state.set("first", f"{event['experiment']}/{event['variant']}/{event['at']}")
            name = f"{event['experiment']}/{event['variant']}"
            counts[name] = counts.get(name, 0) + 1
        count()
        return event

    if options.job == "parse":
        frame.apply(parse)
    else:
        frame.apply(keep, stateful=True)
    app.run()


if __name__ == "__main__":
    main()
