"""The limit for Python: librdkafka's consumer and orjson, nothing else. Parse only."""

import argparse

import orjson
from confluent_kafka import Consumer
from measure import Meter


def main() -> None:
    """Consume and parse."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--servers", required=True)
    parser.add_argument("--job", choices=["parse"], required=True)
    parser.add_argument("--events", type=int, required=True)
    options = parser.parse_args()
    consumer = Consumer(
        {
            "bootstrap.servers": options.servers,
            "group.id": "bench-raw",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": True,
            "isolation.level": "read_committed",
        }
    )
    meter = Meter()
    consumer.subscribe(["bench.exposure.recorded.v1"])
    seen = 0
    loads = orjson.loads
    while seen < options.events:
        for message in consumer.consume(10_000, timeout=1.0):
            meter.first()
            loads(message.value())
            seen += 1
    meter.report(seen)
    consumer.close()


if __name__ == "__main__":
    main()
