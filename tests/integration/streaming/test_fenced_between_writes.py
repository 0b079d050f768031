"""An owner fenced between two writes of one chunk."""

from collections.abc import Callable

import pytest

from schemas.topics import Topic
from tests.integration.streaming.in_process import until
from workers.config.settings import KafkaSettings
from workers.processor import Emission
from workers.streaming.connection.clients import client_settings
from workers.streaming.engine.transaction import FencedError, Producer
from workers.streaming.topics.admin import apply_registry

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]


async def test_an_owner_fenced_between_its_writes_is_told_so(
    kafka_cluster: KafkaSettings, unique: Callable[[str], str]
) -> None:
    """The second write of a chunk raises ``FencedError`` once the first one was refused."""
    out, rows = Topic(unique("out"), "k", "o"), Topic(unique("rows"), "k", "r")
    apply_registry(kafka_cluster, [out, rows])
    client = client_settings(kafka_cluster)
    former, present = (Producer(name, client) for name in [unique("task-0")] * 2)
    await former.start()
    await present.start()
    await former.begin()
    await former.write_events([Emission(out.name, b"key", b"1")], {out.name: 4})
    sender = former._producer._sender.sender_task
    await until(sender.done, "the client's sender learns that it was fenced")
    with pytest.raises(FencedError):
        await former.write_rows(rows.name, 0, [(b"key", b"1")])
    await former.stop()
    await present.stop()
