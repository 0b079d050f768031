"""The limit for Python: librdkafka's consumer and orjson, nothing else. Parse only."""

import orjson
from confluent_kafka import Consumer
from measure import Meter
from options import options


def main() -> None:
    """Consume and parse."""
    given = options(["parse"])
    meter = Meter(given.events)
    consumer = Consumer(
        {
            "bootstrap.servers": given.servers,
            "group.id": given.group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": True,
            "isolation.level": "read_committed",
        }
    )
    consumer.subscribe([given.topic])
    loads = orjson.loads
    while meter.seen < given.events:
        messages = consumer.consume(10_000, timeout=1.0)
        for message in messages:
            loads(message.value())
        meter.add(len(messages))
    consumer.close()
    meter.report()


if __name__ == "__main__":
    main()
