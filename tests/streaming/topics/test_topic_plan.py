from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from schemas.topics import REGISTRY, Topic
from workers.streaming.topics import Action, Existing, plan
from workers.streaming.topics.plan import replication_for

TOPIC = REGISTRY[0]


def as_declared(topic: Topic, brokers: int) -> Existing:
    replication = replication_for(brokers)
    settings = {**topic.settings(), "min.insync.replicas": "2" if replication > 2 else "1"}
    return Existing(topic.partitions, replication, settings)


def test_an_empty_cluster_gets_every_topic() -> None:
    """Every registered topic, changelogs and dead letters included, is created where none is."""
    found = plan(REGISTRY, {}, brokers=1)
    assert {change.topic for change in found.changes} == {topic.name for topic in REGISTRY}
    assert {change.action for change in found.changes} == {Action.CREATE}


def test_a_cluster_as_declared_needs_nothing() -> None:
    """A second plan after apply is empty."""
    existing = {topic.name: as_declared(topic, 3) for topic in REGISTRY}
    assert plan(REGISTRY, existing, brokers=3).changes == []


@given(brokers=st.integers(1, 50))
def test_replication_follows_the_cluster_up_to_three(brokers: int) -> None:
    """As many copies as there are brokers, at most three."""
    assert replication_for(brokers) == min(brokers, 3)


@given(partitions=st.integers(1, 64).filter(lambda count: count != TOPIC.partitions))
def test_another_number_of_partitions_is_refused_and_never_changed(partitions: int) -> None:
    """Partitions are neither lowered nor raised: a person has to decide."""
    existing = {TOPIC.name: replace(as_declared(TOPIC, 1), partitions=partitions)}
    found = plan([TOPIC], existing, brokers=1)
    assert [change.action for change in found.changes] == [Action.REFUSE]
    assert found.refused == found.changes


def test_a_setting_that_differs_is_configured_alone() -> None:
    """Only the setting that differs is written."""
    present = as_declared(TOPIC, 1)
    existing = {TOPIC.name: replace(present, settings={**present.settings, "retention.ms": "1"})}
    (change,) = plan([TOPIC], existing, brokers=1).changes
    assert change.action is Action.CONFIGURE
    assert change.settings == {"retention.ms": str(TOPIC.retention_ms)}


def test_a_setting_that_was_never_set_is_configured() -> None:
    """Whatever the broker's default is; only to be deleted by age is what every new topic is."""
    present = as_declared(TOPIC, 1)
    settings = {name: value for name, value in present.settings.items() if name != "retention.ms"}
    (change,) = plan([TOPIC], {TOPIC.name: replace(present, settings=settings)}, brokers=1).changes
    assert change.action is Action.CONFIGURE
    assert change.detail == f"retention.ms: default -> {TOPIC.retention_ms}"
    settings = {name: value for name, value in present.settings.items() if name != "cleanup.policy"}
    assert settings != present.settings
    assert plan([TOPIC], {TOPIC.name: replace(present, settings=settings)}, 1).changes == []


def test_a_topic_that_is_not_ours_is_left_alone() -> None:
    """Topics that the registry does not know are not mentioned, let alone deleted."""
    existing = {TOPIC.name: as_declared(TOPIC, 1), "somebody.elses": Existing(9, 1, {})}
    assert plan([TOPIC], existing, brokers=1).changes == []
