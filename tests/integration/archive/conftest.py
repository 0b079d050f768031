"""A broker of this folder's own: it may be frozen, and its topics may hold rubbish."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.brokers import Broker, one
from workers.config.settings import Settings
from workers.streaming.topics.admin import apply_registry


@pytest.fixture(scope="session")
def own_broker(tmp_path_factory: pytest.TempPathFactory, kafka_jars: Path) -> Iterator[Broker]:
    """With the topics of the registry."""
    with one(tmp_path_factory.mktemp("own"), kafka_jars) as broker:
        apply_registry(broker.kafka)
        yield broker


@pytest.fixture
def own_settings(own_broker: Broker, tmp_path: Path) -> Callable[..., Settings]:
    """Surroundings of a role beside that broker, with an SQLite file of the test's own."""

    def made(**more: object) -> Settings:
        url = f"sqlite:///{tmp_path}/archive.sqlite"
        return Settings(tmp_path, tmp_path, own_broker.kafka, database_url=url, **more)  # type: ignore[arg-type]

    return made
