"""The embedded broker: a real Kafka from two Python packages, for one machine."""

from workers.streaming.broker.embedded import BrokerError, BrokerInfo, EmbeddedBroker

__all__ = ["BrokerError", "BrokerInfo", "EmbeddedBroker"]
