"""The limit for Python: librdkafka's consumer and orjson, nothing else. Parse only.

By default librdkafka leaves a partition alone for a second once its queue is full, and a consumer
as fast as this one has emptied the queue long before.
"""

import orjson
from confluent_kafka import Consumer, KafkaException
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
            "fetch.queue.backoff.ms": 10,
        }
    )
    consumer.subscribe([given.topic])
    loads = orjson.loads
    while meter.seen < given.events:
        messages = consumer.consume(1_000, timeout=0.1)
        for message in messages:
            if message.error():
                raise KafkaException(message.error())
            loads(message.value())
        meter.add(len(messages))
    consumer.close()
    meter.report()


if __name__ == "__main__":
    main()
