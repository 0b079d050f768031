"""Read a cluster's topics and carry out a plan, with kafka-python's admin client."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError, TopicAlreadyExistsError

from schemas.topics import REGISTRY, Topic
from workers.config.settings import KafkaSettings
from workers.streaming.access.errors import AccessError, ClusterError, RefusedError
from workers.streaming.access.knock import knock_blocking
from workers.streaming.access.reasons import refused_right
from workers.streaming.access.rights import Right
from workers.streaming.connection.clients import admin_settings
from workers.streaming.topics.granted import described_with_rights
from workers.streaming.topics.plan import Action, Existing, Plan, plan

__all__ = ["AccessError", "ClusterError", "apply_registry", "connect", "plan_registry", "plan_role"]

_TIMEOUT_MS = 10_000
_CREATE_TRIES = 5
_POLL_SECONDS = 0.1


@contextmanager
def connect(kafka: KafkaSettings) -> Iterator[KafkaAdminClient]:
    """An admin client; raises ``ClusterError`` when no broker answers or one refuses us.

    That is a ``RefusedError`` where asking again would not help.
    """
    knock_blocking(kafka)
    try:
        admin = KafkaAdminClient(
            **admin_settings(kafka),
            bootstrap_timeout_ms=_TIMEOUT_MS,
            request_timeout_ms=_TIMEOUT_MS,
        )
    except (KafkaError, OSError) as error:
        where = ", ".join(kafka.servers)
        raise ClusterError(
            f"no Kafka answers at {where}: {error or type(error).__name__}. Check "
            "KAFKA_BOOTSTRAP_SERVERS and that the broker runs"
        ) from error
    try:
        yield admin
    except KafkaError as error:
        right = refused_right(error)
        if right is not None:
            raise AccessError(right) from error
        refused = ClusterError if error.retriable else RefusedError
        raise refused(f"Kafka refused: {error or type(error).__name__}") from error
    finally:
        admin.close()


def plan_registry(kafka: KafkaSettings, registry: Sequence[Topic] = REGISTRY) -> Plan:
    """Compare the registry with the cluster; raises ``ClusterError``."""
    with connect(kafka) as admin:
        return _plan(admin, registry)


def plan_role(
    kafka: KafkaSettings, rights: Iterable[Right], registry: Sequence[Topic] = REGISTRY
) -> Plan:
    """Compare the topics of a role with the cluster, by the role's own rights.

    Raises ``AccessError`` naming every right that is missing, ``ClusterError``.
    """
    with connect(kafka) as admin:
        names = described_with_rights(admin, rights).keys()
        return _plan(admin, [topic for topic in registry if topic.name in names])


def apply_registry(kafka: KafkaSettings, registry: Sequence[Topic] = REGISTRY) -> Plan:
    """Create and configure what is missing; returns what was done, and what was refused.

    Idempotent, also when several processes do it at once. Raises ``ClusterError``.
    """
    with connect(kafka) as admin:
        todo = _plan(admin, registry)
        _create(admin, todo)
        _configure(admin, todo)
        return todo


def _plan(admin: KafkaAdminClient, registry: Sequence[Topic]) -> Plan:
    brokers = len(admin.describe_cluster()["brokers"])
    return plan(registry, _existing(admin, registry), brokers)


def _existing(admin: KafkaAdminClient, registry: Sequence[Topic]) -> Mapping[str, Existing]:
    present = set(admin.list_topics())
    names = [topic.name for topic in registry if topic.name in present]
    if not names:
        return {}
    settings = _settings_of(admin, names)
    return {
        description["name"]: Existing(
            partitions=len(description["partitions"]),
            replication=len(description["partitions"][0]["replica_nodes"]),
            settings=settings.get(description["name"], {}),
        )
        for description in admin.describe_topics(names)
    }


def _settings_of(admin: KafkaAdminClient, names: Sequence[str]) -> dict[str, dict[str, str]]:
    answer = admin.describe_configs(
        [ConfigResource(ConfigResourceType.TOPIC, name) for name in names],
        config_filter="all",
    )
    topics: Mapping[str, Mapping[str, Any]] = answer.get("topic", answer)
    return {
        name: {key: str(_value(entry)) for key, entry in entries.items()}
        for name, entries in topics.items()
    }


def _value(entry: Any) -> Any:
    return entry.get("value") if isinstance(entry, Mapping) else entry


def _create(admin: KafkaAdminClient, todo: Plan) -> None:
    wanted = {
        change.topic: {
            "num_partitions": change.partitions,
            "replication_factor": change.replication,
            "configs": dict(change.settings),
        }
        for change in todo.changes
        if change.action is Action.CREATE
    }
    if not wanted:
        return
    missing = wanted
    for _ in range(_CREATE_TRIES):
        try:
            admin.create_topics(missing)
        except TopicAlreadyExistsError:
            # Another process was quicker, or we were ourselves: a busy broker answers after the
            # client has asked again. What a broker lists lags behind, too.
            present = set(admin.list_topics())
            missing = {name: options for name, options in wanted.items() if name not in present}
        else:
            break
        if not missing:
            break
    admin.wait_for_topics(list(wanted))


def _configure(admin: KafkaAdminClient, todo: Plan) -> None:
    wanted = {
        change.topic: dict(change.settings)
        for change in todo.changes
        if change.action is Action.CONFIGURE
    }
    if not wanted:
        return
    admin.alter_configs(
        [
            ConfigResource(ConfigResourceType.TOPIC, name, configs=settings)
            for name, settings in wanted.items()
        ],
        incremental=True,
    )
    _await_settings(admin, wanted)


def _await_settings(admin: KafkaAdminClient, wanted: Mapping[str, Mapping[str, str]]) -> None:
    """What the controller has accepted, brokers know a moment later: so that a plan is empty."""
    deadline = time.monotonic() + _TIMEOUT_MS / 1000
    while time.monotonic() < deadline:
        found = _settings_of(admin, list(wanted))
        if all(settings.items() <= found[name].items() for name, settings in wanted.items()):
            return
        time.sleep(_POLL_SECONDS)
    raise ClusterError(
        f"the settings of {', '.join(sorted(wanted))} were accepted but are not in force: try again"
    )
