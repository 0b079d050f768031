"""A page that Kafka does not answer for is given up in time, and is in the topic once."""

import pytest

from schemas.platform import CheckpointSaved
from schemas.topics import RECEIVED
from tests.ingest.scripts import NOW, page
from tests.integration.brokers import Broker
from tests.integration.membership.freezing import frozen
from tests.integration.streaming.cluster import read_committed
from workers.ingest.publisher import Publisher
from workers.streaming.connection.clients import client_settings

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(300)]


async def test_a_page_is_given_up_when_kafka_does_not_answer(own_broker: Broker) -> None:
    """The writer says so and begins again, which finds out whether the page was written."""
    publisher = Publisher("frozen", client_settings(own_broker.kafka), write_seconds=0.5)
    saved = CheckpointSaved(source_name="frozen", vendor="zendesk", checkpoint={"cursor": "1"})
    await publisher.open()
    with frozen(own_broker), pytest.raises(TimeoutError, match="has not taken a page"):
        await publisher.write(page("frozen", 1, 10), saved, NOW)
    known = await publisher.open()
    if known is None:
        patient = Publisher("frozen", client_settings(own_broker.kafka))
        await patient.open()
        await patient.write(page("frozen", 1, 10), saved, NOW)
        await patient.close()
    await publisher.close()
    assert len(read_committed(own_broker.kafka, RECEIVED)) == 1


async def test_a_source_that_cannot_be_opened_says_for_how_long_it_tried(
    own_broker: Broker,
) -> None:
    """The client's own error has no words."""
    publisher = Publisher("silent", client_settings(own_broker.kafka), open_seconds=0.5)
    with frozen(own_broker), pytest.raises(TimeoutError, match=r"did not answer within 0\.5 s"):
        await publisher.open()
    await publisher.close()
