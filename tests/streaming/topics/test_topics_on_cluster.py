"""The registry applied to a real cluster: idempotent, side by side, never by force."""

import socket
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError, NotControllerError, PolicyViolationError

from schemas.topics import Cleanup, Topic
from tests.integration.streaming.cluster import until
from workers.config.settings import KafkaSettings
from workers.streaming.access.errors import RefusedError
from workers.streaming.topics import Action, Plan
from workers.streaming.topics.admin import ClusterError, apply_registry, connect, plan_registry

pytestmark = pytest.mark.kafka

Registry = list[Topic]


@pytest.fixture
def registry(unique: Callable[[str], str]) -> Registry:
    """Three topics that no other test knows."""
    return [
        Topic(unique("test.events"), "key", "events", partitions=4, retention_ms=3_600_000),
        Topic(unique("test.state"), "key", "state", partitions=4, cleanup=Cleanup.COMPACT),
        Topic(
            unique("test.single"), "key", "one", partitions=1, config=(("segment.ms", "7200000"),)
        ),
    ]


def actions(plan: Plan) -> dict[Action, list[str]]:
    """Names of the topics by what is done about them."""
    found: dict[Action, list[str]] = {}
    for change in plan.changes:
        found.setdefault(change.action, []).append(change.topic)
    return found


def partitions(admin: KafkaAdminClient, topic: Topic) -> int:
    """How many the cluster has."""
    (described,) = admin.describe_topics([topic.name])
    return len(described["partitions"])


def settings(admin: KafkaAdminClient, topic: Topic) -> dict[str, str]:
    """The topic's settings as the cluster has them."""
    resource = ConfigResource(ConfigResourceType.TOPIC, topic.name)
    found = admin.describe_configs([resource], config_filter="all")["topic"][topic.name]
    return {name: str(entry["value"]) for name, entry in found.items()}


def set_on(admin: KafkaAdminClient, topic: Topic, **values: str) -> None:
    """Change settings behind the registry's back."""
    changed = {name.replace("_", "."): value for name, value in values.items()}
    resource = ConfigResource(ConfigResourceType.TOPIC, topic.name, configs=changed)
    admin.alter_configs([resource], incremental=True)


def test_applying_twice_is_applying_once(kafka_cluster: KafkaSettings, registry: Registry) -> None:
    """The plan announces what apply does; after it there is nothing left to do."""
    names = [topic.name for topic in registry]
    assert actions(plan_registry(kafka_cluster, registry)) == {Action.CREATE: names}
    assert actions(plan_registry(kafka_cluster, registry)) == {Action.CREATE: names}
    assert actions(apply_registry(kafka_cluster, registry)) == {Action.CREATE: names}
    assert plan_registry(kafka_cluster, registry).changes == []
    assert apply_registry(kafka_cluster, registry).changes == []


def test_topics_are_made_as_declared(kafka_cluster: KafkaSettings, registry: Registry) -> None:
    """Partitions, clean-up, retention and further settings are those of the registry."""
    apply_registry(kafka_cluster, registry)
    events, state, single = registry
    with connect(kafka_cluster) as admin:
        assert [partitions(admin, topic) for topic in registry] == [4, 4, 1]
        assert settings(admin, events)["retention.ms"] == "3600000"
        assert settings(admin, events)["cleanup.policy"] == "delete"
        assert settings(admin, state)["cleanup.policy"] == "compact"
        assert settings(admin, single)["segment.ms"] == "7200000"


def test_appliers_side_by_side_do_not_fail(
    kafka_cluster: KafkaSettings, unique: Callable[[str], str]
) -> None:
    """Every role may apply at its start, all at the same moment; the outcome is the same."""
    registry = [Topic(unique(f"test.race-{n}"), "key", "race", partitions=2) for n in range(12)]
    gate, failures = threading.Barrier(4), list[BaseException]()

    def apply(order: Registry) -> None:
        gate.wait()
        try:
            apply_registry(kafka_cluster, order)
        except BaseException as error:  # noqa: BLE001 - shown by the assertion
            failures.append(error)

    orders = [registry, registry[::-1], registry[5:] + registry[:5], registry[::2] + registry[1::2]]
    threads = [threading.Thread(target=apply, args=[order]) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert plan_registry(kafka_cluster, registry).changes == []


def test_a_changed_setting_is_put_back(kafka_cluster: KafkaSettings, registry: Registry) -> None:
    """What somebody changed by hand is as declared again; what we do not declare is left alone."""
    apply_registry(kafka_cluster, registry)
    events = registry[0]
    with connect(kafka_cluster) as admin:
        set_on(admin, events, retention_ms="1000", retention_bytes="123456")
        until(lambda: settings(admin, events)["retention.ms"] == "1000", "the change is known")
        planned = plan_registry(kafka_cluster, registry)
        assert [change.detail for change in planned.changes] == ["retention.ms: 1000 -> 3600000"]
        assert settings(admin, events)["retention.ms"] == "1000", "a plan changes nothing"
        assert actions(apply_registry(kafka_cluster, registry)) == {Action.CONFIGURE: [events.name]}
        assert settings(admin, events)["retention.ms"] == "3600000"
        assert settings(admin, events)["retention.bytes"] == "123456"
    assert plan_registry(kafka_cluster, registry).changes == []


@pytest.mark.parametrize("present", [2, 7])
def test_another_number_of_partitions_is_left_to_a_person(
    kafka_cluster: KafkaSettings, registry: Registry, present: int
) -> None:
    """Neither lowered nor raised, nor deleted; everything else is applied all the same."""
    events, state, single = registry
    apply_registry(kafka_cluster, [replace(events, partitions=present, retention_ms=1_000)])
    with connect(kafka_cluster) as admin:
        done = apply_registry(kafka_cluster, registry)
        (refused,) = done.refused
        assert refused.topic == events.name
        assert refused.detail.startswith(f"has {present} partitions, declared are 4.")
        assert partitions(admin, events) == present
        assert settings(admin, events)["retention.ms"] == "3600000"
    assert actions(done)[Action.CREATE] == [state.name, single.name]
    assert [change.topic for change in plan_registry(kafka_cluster, registry).changes] == [
        events.name
    ]


def test_topics_of_others_are_left_alone(kafka_cluster: KafkaSettings, registry: Registry) -> None:
    """A topic that the registry no longer has is neither deleted nor spoken of."""
    apply_registry(kafka_cluster, registry)
    former, *rest = registry
    assert apply_registry(kafka_cluster, rest).changes == []
    with connect(kafka_cluster) as admin:
        assert former.name in admin.list_topics()


def test_a_cluster_that_does_not_answer_is_named(registry: Registry) -> None:
    """The error says where nobody answered and which variable says so."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound, but not listening: connections are refused
        server = f"127.0.0.1:{nobody.getsockname()[1]}"
        kafka = replace(KafkaSettings(), servers=(server,))
        with pytest.raises(ClusterError) as error:
            plan_registry(kafka, registry)
    assert server in str(error.value)
    assert "KAFKA_BOOTSTRAP_SERVERS" in str(error.value)


@pytest.mark.parametrize(
    ("error", "kind"), [(PolicyViolationError, RefusedError), (NotControllerError, ClusterError)]
)
def test_a_refusal_tells_whether_asking_again_would_help(
    kafka_cluster: KafkaSettings, error: type[KafkaError], kind: type[ClusterError]
) -> None:
    """By what Kafka's protocol says of the error: who waits for a cluster goes by it."""
    with pytest.raises(ClusterError, match="Kafka refused") as caught, connect(kafka_cluster):
        raise error
    assert type(caught.value) is kind
