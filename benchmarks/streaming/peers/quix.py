"""Quix Streams: a streaming data frame.

Its state belongs to a message key, so what is counted by another key leaves through a topic: one
record a first exposure, keyed by experiment and variant, for whoever counts by that key.
"""

from measure import Meter
from options import options
from quixstreams import Application


def main() -> None:
    """Run one job until all events have come."""
    given = options(["parse", "stateful"])
    meter = Meter(given.events)
    app = Application(
        broker_address=given.servers,
        consumer_group=given.group,
        auto_offset_reset="earliest",
        state_dir=given.state_dir,
        processing_guarantee=given.guarantee,
        loglevel="WARNING",
    )
    frame = app.dataframe(app.topic(given.topic, value_deserializer="json"))

    def count() -> None:
        if meter.add():
            app.stop()

    def parse(event):  # type: ignore[no-untyped-def]
        count()
        return event

    def keep(event, state):  # type: ignore[no-untyped-def]
        count()
        if state.exists("first"):
            return None
        name = f"{event['experiment']}/{event['variant']}"
        state.set("first", f"{name}/{event['at']}")
        return name

    if given.job == "parse":
        frame.apply(parse)
    else:
        firsts = app.topic(f"{given.group}-firsts", value_serializer="str")
        kept = frame.apply(keep, stateful=True)
        kept = kept.filter(lambda name: name is not None)
        kept.to_topic(firsts, key=lambda name: name)
    app.run()
    meter.report()


if __name__ == "__main__":
    main()
