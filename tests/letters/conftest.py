"""Letters as records, the way workers and connectors write them."""

from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from schemas.envelope import Event
from schemas.platform import DeadLetter, ErrorClass, Origin
from schemas.topics import RECEIVED, dead_letter_topic
from workers.config.settings import KafkaSettings
from workers.processor import Record
from workers.streaming.topics.admin import apply_registry

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def letter_record(
    offset: int = 0,
    *,
    letter_id: str | None = None,
    value: bytes = b"raw",
    key: bytes | None = b"item",
    origin: Origin | None = None,
    at: datetime = START,
    partition: int = 0,
    **fields: Any,
) -> Record:
    """The record of a letter; by default a worker's, whose origin is offset 41 of partition 2."""
    origin = origin or Origin(topic=RECEIVED.name, partition=2, offset=41)
    topic = dead_letter_topic(origin.topic)
    identity = letter_id or f"{origin.topic}/{origin.partition}/{origin.offset}"
    given: dict[str, Any] = {
        "error_class": ErrorClass.PROCESS,
        "message": "why",
        "headers": {"trace": "t"},
        "role": "feedback",
        "worker_version": "0.1.0",
        "first_failed_at": at,
        "last_failed_at": at,
    } | fields
    event = Event[DeadLetter](
        id=identity,
        source="/workers/feedback",
        type=topic,
        time=at,
        partitionkey=identity,
        data=DeadLetter(
            origin=origin,
            key=None if key is None else b64encode(key),
            value=b64encode(value),
            **given,
        ),
    )
    stamp = int(at.timestamp() * 1000)
    return Record(topic, partition, offset, key or identity.encode(), event.to_json(), stamp)


@pytest.fixture
def record() -> Callable[..., Record]:
    """Makes the record of a letter."""
    return letter_record


@pytest.fixture(scope="module")
def prepared(kafka_cluster: KafkaSettings) -> KafkaSettings:
    """A cluster with the topics of the registry."""
    apply_registry(kafka_cluster)
    return kafka_cluster
