"""The CloudEvents project's own SDK reads what we write, and we read what it writes."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from schemas.envelope import CONTENT_TYPE, Event
from schemas.feedback import FeedbackReceived
from schemas.generate.documents import GENERATED
from schemas.platform import ClockTicked, DeadLetter
from schemas.topics import REGISTRY, Topic

EVENT_TOPICS = [topic for topic in REGISTRY if topic.data is not None]


def example_of(topic: Topic) -> bytes:
    """The hand-written example of a topic's events."""
    name = "dead-letter.v1" if topic.data is DeadLetter else topic.name
    path: Path = GENERATED.parent / "examples" / f"{name}.json"
    return path.read_bytes()


@pytest.mark.parametrize("topic", EVENT_TOPICS, ids=lambda topic: topic.name)
def test_the_sdk_reads_what_we_write(topic: Topic) -> None:
    """Every attribute and the data of a written event arrive unchanged in the SDK's event."""
    event = topic.event_model().from_json(example_of(topic))
    message = KafkaMessage(
        headers={"content-type": CONTENT_TYPE.encode()},
        key=event.partitionkey.encode(),
        value=event.to_json(),
    )

    read = from_kafka(message, JSONFormat())

    assert read.get_id() == event.id
    assert read.get_source() == event.source
    assert read.get_type() == event.type
    assert read.get_specversion() == "1.0"
    assert read.get_time() == event.time
    assert read.get_subject() == event.subject
    assert read.get_datacontenttype() == "application/json"
    assert read.get_extension("partitionkey") == event.partitionkey
    assert read.get_extension("traceparent") == event.traceparent
    assert read.get_data() == event.data.model_dump(mode="json", exclude_none=True)


@pytest.mark.parametrize("topic", EVENT_TOPICS, ids=lambda topic: topic.name)
def test_an_example_survives_reading_and_writing(topic: Topic) -> None:
    """Nothing that an example says is lost by our model."""
    model = topic.event_model()
    event = model.from_json(example_of(topic))
    assert model.from_json(event.to_json()) == event
    assert json.loads(event.to_json()) == json.loads(example_of(topic))


def test_we_read_what_the_sdk_writes() -> None:
    """A structured event that another program made with the SDK is an event for us."""
    foreign = CloudEvent(
        attributes={
            "id": "2025-11-12T10:00:05Z/3",
            "source": "/somebody/else",
            "type": "platform.clock.ticked.v1",
            "specversion": "1.0",
            "time": datetime(2025, 11, 12, 10, 0, 5, tzinfo=UTC),
            "datacontenttype": "application/json",
            "partitionkey": "3",
        },
        data={"partition": 3},
    )
    message = to_structured(foreign, JSONFormat())

    event = Event[ClockTicked].from_json(message.value)

    assert message.key == "3"
    assert (event.id, event.source, event.data.partition) == (
        "2025-11-12T10:00:05Z/3",
        "/somebody/else",
        3,
    )
    assert event.time == datetime(2025, 11, 12, 10, 0, 5, tzinfo=UTC)


def test_absent_optional_attributes_are_left_out() -> None:
    """CloudEvents knows no null attributes: what is not there is not written."""
    received = next(topic for topic in REGISTRY if topic.data is FeedbackReceived)
    event = received.event_model().from_json(example_of(received))
    bare = event.model_copy(update={"subject": None, "traceparent": None})
    written = bare.to_json()
    assert b"null" not in written
    assert b"traceparent" not in written
