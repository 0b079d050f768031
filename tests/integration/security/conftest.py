"""One guarded broker for all tests of this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.security.guarded import Guarded, guarded_broker
from workers.runtime.rights import HOLDERS
from workers.streaming.topics.admin import apply_registry


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory, kafka_jars: Path) -> Iterator[Guarded]:
    """The broker, its topics applied by a user who has the rights listed for that and no more."""
    with guarded_broker(tmp_path_factory.mktemp("guarded"), kafka_jars) as broker:
        administrator = broker.user("topics")
        broker.allow("topics", HOLDERS["topics"]())
        apply_registry(administrator)
        yield broker
