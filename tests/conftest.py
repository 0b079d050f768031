"""Fixtures of the whole suite: a real Kafka, and recorded material where it is at hand."""

import os
import subprocess
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psutil
import pytest
from hypothesis import settings

from workers.config.settings import KafkaSettings
from workers.streaming.broker import BrokerError, EmbeddedBroker
from workers.streaming.broker.jars import JarsError, class_path
from workers.streaming.broker.quick_start import prepare
from workers.streaming.broker.readiness import answers_metadata

# How long an example takes says something about the machine, not about the code.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED = REPOSITORY.parent / "shared"
APACHE_KAFKA = "apache/kafka:4.1.0"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of recorded material beside the checkout; skips without it."""
    if not SHARED.is_dir():
        pytest.skip("recorded material (../shared) is not beside this checkout")
    return SHARED


@pytest.fixture(scope="session")
def kafka_cluster(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[KafkaSettings]:
    """A real Kafka for the whole session: given, in Docker, or embedded, in this order."""
    given = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
    if given:
        yield KafkaSettings(servers=tuple(given.split(",")))
        return
    if _docker_answers():
        yield from _in_docker()
        return
    cache = request.getfixturevalue("kafka_jars")
    broker = EmbeddedBroker(tmp_path_factory.mktemp("kafka"), cache_dir=cache)
    try:
        info = broker.start()
    except BrokerError as error:
        _without_kafka(str(error))
    try:
        yield KafkaSettings(servers=(info.bootstrap,))
    finally:
        broker.stop()


@pytest.fixture(scope="session")
def kafka_jars() -> Path:
    """Where Kafka's files are, with what makes the many brokers of the tests start quickly."""
    cache = Path(os.environ.get("PRODUCTOPS_CACHE_DIR") or REPOSITORY / ".productops" / "cache")
    try:
        prepare(Path(class_path(cache)).parent, partial(_training, cache))
    except (JarsError, BrokerError, OSError) as error:
        _without_kafka(str(error))
    return cache


@contextmanager
def _training(cache: Path, folder: Path, options: list[str]) -> Iterator[psutil.Process]:
    broker = EmbeddedBroker(
        folder, cache_dir=cache, wrap=lambda command: [command[0], *options, *command[1:]]
    )
    try:
        yield psutil.Process(broker.start().pid)
    finally:
        broker.stop()


@pytest.fixture
def unique() -> Callable[[str], str]:
    """Names that no other test uses: one cluster serves the whole session."""
    token = uuid.uuid4().hex[:10]
    return lambda name: f"{name}-{token}"


def _docker_answers() -> bool:
    try:
        done = subprocess.run(
            ["docker", "info", "--format", "{{.ServerVersion}}"],
            capture_output=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _in_docker() -> Iterator[KafkaSettings]:
    """``apache/kafka`` by testcontainers' plain container: its KafkaContainer takes others."""
    from testcontainers.core.container import DockerContainer

    from workers.streaming.broker.ports import free_block

    port = 29_092 + free_block([29_092])
    container = (
        DockerContainer(APACHE_KAFKA)
        .with_bind_ports(port, port)
        .with_env("KAFKA_NODE_ID", "1")
        .with_env("KAFKA_PROCESS_ROLES", "broker,controller")
        .with_env("KAFKA_LISTENERS", f"PLAINTEXT://:{port},CONTROLLER://:9093")
        .with_env("KAFKA_ADVERTISED_LISTENERS", f"PLAINTEXT://localhost:{port}")
        .with_env("KAFKA_CONTROLLER_LISTENER_NAMES", "CONTROLLER")
        .with_env(
            "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP", "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT"
        )
        .with_env("KAFKA_CONTROLLER_QUORUM_VOTERS", "1@localhost:9093")
        .with_env("KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR", "1")
        .with_env("KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR", "1")
        .with_env("KAFKA_TRANSACTION_STATE_LOG_MIN_ISR", "1")
        .with_env("KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS", "0")
        .with_env("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")
    )
    with container:
        server = f"localhost:{port}"
        for _ in range(120):
            if answers_metadata(server):
                break
        else:
            _without_kafka(f"{APACHE_KAFKA} did not answer at {server}")
        yield KafkaSettings(servers=(server,))


def _without_kafka(reason: str) -> None:
    """Fail where Kafka is required, otherwise skip with one clear line."""
    line = f"no Kafka for the tests: {reason}"
    if os.environ.get("PRODUCTOPS_REQUIRE_KAFKA") == "1":
        pytest.fail(line)
    pytest.skip(line)
