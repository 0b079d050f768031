"""What has to hold for the topics as they are declared."""

import re
from collections import Counter

import pytest
from pydantic import BaseModel

from schemas.feedback import Customer
from schemas.generate.descriptions import models_within
from schemas.platform import DeadLetter
from schemas.topics import (
    CHECKPOINT_SAVED,
    MAX_RECORD_BYTES,
    RECEIVED,
    REGISTRY,
    Cleanup,
    Topic,
    dead_letter_topic,
    topic_named,
)

EVENTS = [topic for topic in REGISTRY if topic.data not in (None, DeadLetter)]
DEAD_LETTERS = [topic for topic in REGISTRY if topic.data is DeadLetter]
CHANGELOGS = [topic for topic in REGISTRY if topic.data is None]

IDENTIFYING = {"name", "email", "organization_name"}
"""Fields of ``Customer`` that say who somebody is; ids are pseudonyms and may travel."""
QUOTING = {"subject", "text", "words", "body"}
"""Fields that hold what a customer wrote, in sentences or single words."""


def models_of(topic: Topic) -> set[type[BaseModel]]:
    """Every model inside a topic's data."""
    assert topic.data is not None
    return models_within(topic.data)


def fields_of(topic: Topic) -> set[str]:
    """Every field name inside a topic's data."""
    return {name for model in models_of(topic) for name in model.model_fields}


@pytest.mark.parametrize("topic", REGISTRY, ids=lambda topic: topic.name)
def test_names_follow_the_convention(topic: Topic) -> None:
    """<domain>.<entity>.<event>.v<N>, lower case and dots only, with .dlq for dead letters."""
    assert re.fullmatch(r"[a-z]+\.[a-z]+\.[a-z]+\.v[1-9][0-9]*(\.dlq)?", topic.name)


def test_names_are_unique() -> None:
    """No topic is declared twice."""
    assert [name for name, n in Counter(topic.name for topic in REGISTRY).items() if n > 1] == []


def test_feedback_topics_are_co_partitioned() -> None:
    """Topics keyed by the same thing have the same number of partitions, so keys stay together."""
    counts: dict[str, set[int]] = {}
    for topic in EVENTS:
        counts.setdefault(topic.key, set()).add(topic.partitions)
    assert {key: sizes for key, sizes in counts.items() if len(sizes) > 1} == {}


def test_the_clock_reaches_every_partition() -> None:
    """The clock topic and the changelogs have as many partitions as the topics of feedback."""
    beside = [topic_named("platform.clock.ticked.v1"), *CHANGELOGS]
    assert {topic.partitions for topic in beside} == {RECEIVED.partitions}


@pytest.mark.parametrize("topic", DEAD_LETTERS, ids=lambda topic: topic.name)
def test_a_dead_letter_topic_belongs_to_its_origin(topic: Topic) -> None:
    """It is as wide as its origin, and as personal: the raw record is inside."""
    origin = topic_named(topic.name.removesuffix(".dlq"))
    assert dead_letter_topic(origin.name) == topic.name
    assert topic.partitions == origin.partitions
    assert topic.personal == origin.personal


@pytest.mark.parametrize("topic", CHANGELOGS, ids=lambda topic: topic.name)
def test_changelogs_are_compacted(topic: Topic) -> None:
    """State must never age away: only the newest row of a key is kept, for good."""
    assert topic.cleanup is Cleanup.COMPACT
    assert topic.settings()["cleanup.policy"] == "compact"
    assert "retention.ms" not in topic.settings()


def test_checkpoints_are_compacted() -> None:
    """The last checkpoint of a source survives however long the source is quiet."""
    assert CHECKPOINT_SAVED.settings()["cleanup.policy"] == "compact"


@pytest.mark.parametrize("topic", REGISTRY, ids=lambda topic: topic.name)
def test_every_topic_takes_the_largest_record(topic: Topic) -> None:
    """The broker's limit is above ours, so that a full record and its batch overhead fit."""
    assert int(topic.settings()["max.message.bytes"]) > MAX_RECORD_BYTES


def test_customer_identity_stands_in_received_alone() -> None:
    """No other event holds a customer's name, address or organisation."""
    holding = [
        topic.name
        for topic in EVENTS
        if Customer in models_of(topic) or fields_of(topic) & IDENTIFYING
    ]
    assert holding == [RECEIVED.name]


def test_topics_with_customers_words_are_marked_personal() -> None:
    """Whoever applies retention or erasure finds every topic that quotes a customer."""
    quoting = {topic.name for topic in EVENTS if fields_of(topic) & QUOTING}
    marked = {topic.name for topic in EVENTS if topic.personal}
    assert quoting == marked


def test_an_unknown_topic_is_refused_with_the_known_names() -> None:
    """A mistyped name answers with what there is."""
    with pytest.raises(LookupError, match=r"feedback\.item\.receved\.v1.*feedback\.item\.received"):
        topic_named("feedback.item.receved.v1")


def test_a_topic_without_events_has_no_event_model() -> None:
    """Asking a changelog for its event is an error, not an empty model."""
    with pytest.raises(LookupError, match="holds no events"):
        CHANGELOGS[0].event_model()
