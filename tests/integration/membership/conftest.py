"""A broker of this folder's own, which may be frozen."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.brokers import Broker
from tests.integration.membership.freezing import one_to_freeze
from workers.streaming.topics.admin import apply_registry


@pytest.fixture(scope="session")
def own_broker(tmp_path_factory: pytest.TempPathFactory, kafka_jars: Path) -> Iterator[Broker]:
    """With the topics of the registry."""
    with one_to_freeze(tmp_path_factory.mktemp("own"), kafka_jars) as broker:
        apply_registry(broker.kafka)
        yield broker
