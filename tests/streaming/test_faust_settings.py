"""What of Faust is switched off: its pages, its producer, its topics, pickle."""

import re
import tokenize
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from workers.delivery.outbox import Outbox
from workers.streaming.app import make_app
from workers.streaming.engine.role import Role

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path for part in ("schemas", "connectors", "workers") for path in (ROOT / part).rglob("*.py")
)


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[Any]:
    """The Faust app of a role, as the platform makes it."""
    client = {"bootstrap_servers": ["localhost:1"], "security_protocol": "PLAINTEXT"}
    made = make_app(Role(Outbox({})), client, data_dir=tmp_path, max_poll_records=10)
    yield made
    made.consumer._thread.thread_loop.close()


async def test_faust_serves_nothing_and_produces_nothing(app: Any) -> None:
    """Neither the pages that show state and routes nor a producer with Faust's own settings."""
    assert not app.conf.web_enabled
    services = {type(service).__name__ for service in app.boot_strategy.server()}
    assert "ChunkConsumer" in services
    assert not {name for name in services if re.search("Web|Producer", name)}


async def test_faust_creates_no_topic(app: Any) -> None:
    """The registry is applied by one command, with rights of its own."""
    assert not app.conf.topic_allow_declare
    assert app.conf.topic_disable_leader


async def test_faust_would_not_unpickle(app: Any) -> None:
    """Its codecs are plain ones, and records do not pass through them at all."""
    assert {app.conf.key_serializer, app.conf.value_serializer} <= {"raw", "json"}


def test_no_source_names_pickle() -> None:
    """Nor anything that stores objects by it: what is read from a topic or a file runs nothing."""
    names = {"pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal", "jsonpickle"}
    found = []
    for path in SOURCES:
        with path.open("rb") as file:
            for token in tokenize.tokenize(file.readline):
                text = token.string.strip("\"'")
                if token.type in (tokenize.NAME, tokenize.STRING) and text in names:
                    found.append(f"{path.relative_to(ROOT)}:{token.start[0]}: {text}")
    assert found == []
    assert len(SOURCES) > 100
