"""A role starts on the topics that were declared, or not at all."""

import pytest

from schemas.topics import CLASSIFIED, FEEDBACK_CHANGELOG, RECEIVED, ROUTED
from workers.config.settings import KafkaSettings
from workers.runtime.topic_check import (
    TopicsUnsuitableError,
    check_topics,
    prepare_topics,
    require,
)
from workers.streaming.topics.admin import ClusterError
from workers.streaming.topics.plan import Existing, Plan, plan

REGISTRY = (RECEIVED, CLASSIFIED, ROUTED)


def there(**partitions: int) -> dict[str, Existing]:
    """A cluster with the three topics, some of them with another number of partitions."""
    return {
        topic.name: Existing(partitions.get(name, topic.partitions), 1, topic.settings())
        for name, topic in (("received", RECEIVED), ("classified", CLASSIFIED), ("routed", ROUTED))
    }


def test_topics_as_declared_are_fine() -> None:
    """Nothing to say about a cluster that has every topic."""
    require(plan(REGISTRY, there(), brokers=1))


def test_another_number_of_partitions_stops_the_role() -> None:
    """The topic is named with both numbers: keys would be looked for in the wrong partition."""
    with pytest.raises(TopicsUnsuitableError, match=rf"{CLASSIFIED.name} has 3 .* declared are 4"):
        require(plan(REGISTRY, there(classified=3), brokers=1))


def test_missing_topics_are_named_with_the_command_that_creates_them() -> None:
    """All of them at once."""
    cluster = there()
    del cluster[RECEIVED.name], cluster[ROUTED.name]
    with pytest.raises(
        TopicsUnsuitableError,
        match=rf"missing: {RECEIVED.name}, {ROUTED.name}\. .* productops topics apply",
    ):
        require(plan(REGISTRY, cluster, brokers=1))


def test_a_topic_of_events_that_is_compacted_stops_the_role() -> None:
    """Compaction removes events; the message names the setting and how to put it right."""
    cluster = there()
    settings = {**ROUTED.settings(), "cleanup.policy": "compact"}
    cluster[ROUTED.name] = Existing(ROUTED.partitions, 1, settings)
    with pytest.raises(
        TopicsUnsuitableError,
        match=rf"{ROUTED.name} has another cleanup.policy than delete .*apply",
    ):
        require(plan(REGISTRY, cluster, brokers=1))


def test_a_changelog_that_is_not_compacted_stops_the_role() -> None:
    """Retention by age would remove rows of state, also where the setting is only the default."""
    cluster = {FEEDBACK_CHANGELOG.name: Existing(FEEDBACK_CHANGELOG.partitions, 1, {})}
    with pytest.raises(TopicsUnsuitableError, match=r"another cleanup.policy than compact"):
        require(plan([FEEDBACK_CHANGELOG], cluster, brokers=1))


def test_another_retention_does_not_stop_a_role() -> None:
    """An operator may keep records for another time; only shape matters."""
    cluster = there()
    cluster[ROUTED.name] = Existing(ROUTED.partitions, 1, {"retention.ms": "1"})
    require(plan(REGISTRY, cluster, brokers=1))


def test_a_cluster_that_is_away_is_not_taken_for_a_suitable_one() -> None:
    """What could not be looked at has to be looked at later."""

    def away(_: KafkaSettings) -> Plan:
        raise ClusterError("no answer")

    with pytest.raises(ClusterError, match="no answer"):
        check_topics(KafkaSettings(servers=("127.0.0.1:1",)), look=away)


def test_what_the_cluster_has_is_checked() -> None:
    """A role that finds a bare cluster does not start."""
    with pytest.raises(TopicsUnsuitableError):
        check_topics(KafkaSettings(), look=lambda _: plan(REGISTRY, {}, brokers=1))


@pytest.mark.parametrize(
    ("partitions", "policy"), [(3, "delete"), (4, "compact")], ids=["narrow", "compacted"]
)
def test_all_roles_start_on_topics_that_nobody_has_to_decide_about(
    partitions: int, policy: str
) -> None:
    """Before anything is changed, and told once: five roles would each say it again and again."""
    cluster = there(classified=partitions)
    settings = CLASSIFIED.settings() | {"cleanup.policy": policy}
    cluster[CLASSIFIED.name] = Existing(partitions, 1, settings)
    del cluster[RECEIVED.name]
    applied: list[KafkaSettings] = []
    with pytest.raises(TopicsUnsuitableError, match=CLASSIFIED.name) as caught:
        prepare_topics(
            KafkaSettings(), lambda _: plan(REGISTRY, cluster, brokers=1), applied.append
        )
    assert "missing" not in str(caught.value)
    assert applied == []


def test_missing_topics_are_created_for_all_roles() -> None:
    """That, and settings, is what applying is for."""
    applied: list[KafkaSettings] = []
    kafka = KafkaSettings(("localhost:9092",))
    prepare_topics(kafka, lambda _: plan(REGISTRY, {}, brokers=1), applied.append)
    assert applied == [kafka]
