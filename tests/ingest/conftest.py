"""A cluster with the topics of the registry, and what its topics hold of one source."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from schemas.topics import CHECKPOINT_SAVED, RECEIVED, REGISTRY, Topic, topic_named
from tests.integration.streaming.cluster import read_committed
from workers.config.settings import KafkaSettings
from workers.streaming.connection.clients import client_settings
from workers.streaming.topics.admin import apply_registry


@pytest.fixture(scope="module")
def topics(kafka_cluster: KafkaSettings) -> KafkaSettings:
    """The cluster, its topics applied."""
    apply_registry(kafka_cluster, REGISTRY)
    return kafka_cluster


@pytest.fixture
def client(topics: KafkaSettings) -> dict[str, Any]:
    """Settings of a client of that cluster."""
    return client_settings(topics)


class Seen:
    """What a consumer of committed records sees of one source."""

    def __init__(self, kafka: KafkaSettings, source_name: str) -> None:
        self._kafka = kafka
        self._source = f"/sources/{source_name}"

    def _events(self, topic: Topic) -> list[dict[str, Any]]:
        # Other tests write to these topics, too, and not only events.
        mark = f'"{self._source}"'.encode()
        records = [record.value or b"" for record in read_committed(self._kafka, topic)]
        events = [json.loads(value) for value in records if mark in value]
        return [event for event in events if event["source"] == self._source]

    @property
    def received(self) -> list[str]:
        """Ids of received events, sorted."""
        return sorted(event["id"] for event in self._events(RECEIVED))

    @property
    def letters(self) -> list[dict[str, Any]]:
        """Dead letters, by id."""
        found = self._events(topic_named(RECEIVED.dead_letters))
        return sorted(found, key=lambda event: str(event["id"]))

    @property
    def checkpoints(self) -> list[dict[str, Any]]:
        """What was saved, in order."""
        return [event["data"] for event in self._events(CHECKPOINT_SAVED)]

    @property
    def cursors(self) -> list[str | None]:
        """Where to go on, in the order in which it was saved."""
        return [saved["checkpoint"].get("cursor") for saved in self.checkpoints]


@pytest.fixture
def seen(topics: KafkaSettings) -> Callable[[str], Seen]:
    """What is to be seen of a source."""
    return lambda source_name: Seen(topics, source_name)
