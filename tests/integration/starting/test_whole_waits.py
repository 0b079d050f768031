"""All roles under one supervisor, with a broker of others that comes late, never, or is wrong."""

import signal
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from schemas.topics import RECEIVED, REGISTRY
from tests.integration.brokers import Broker, one
from tests.integration.starting.real_roles import RealRole, whole
from tests.integration.streaming.cluster import until
from workers.runtime.roles import ROLES
from workers.streaming.topics.admin import apply_registry

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory, kafka_jars: Path) -> Iterator[Broker]:
    """A broker whose port is known; each test starts or stops it as it needs."""
    with one(tmp_path_factory.mktemp("late"), kafka_jars) as made:
        yield made


def away(broker: Broker) -> str:
    """The address of the broker, which is not there."""
    broker.embedded.stop()
    return broker.kafka.servers[0]


def there(broker: Broker) -> str:
    """The address of the broker, which is there."""
    if not broker.runs:
        broker.start()
    return broker.kafka.servers[0]


def waits(run: RealRole) -> None:
    """Until every role is told to be unready, and nothing but the waiting has been said."""
    run.waits()
    until(lambda: all(run.readiness_of(role) == 503 for role in ROLES), "each role is unready")
    (told,) = run.said("kafka_unreachable")
    assert "KAFKA_BOOTSTRAP_SERVERS" in told["reason"]
    assert run.process.poll() is None


@pytest.mark.parametrize("order", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_waits_is_stopped_at_once(
    order: signal.Signals, broker: Broker, tmp_path: Path
) -> None:
    """Exit code 0, within a second or so, and not a word about it."""
    with whole(tmp_path, away(broker)) as run:
        waits(run)
        run.process.send_signal(order)
        try:
            code = run.process.wait(5)
        except subprocess.TimeoutExpired:
            pytest.fail("it goes on waiting")
        assert code == 0, run.text()
        assert len(run.text().splitlines()) == 1


def test_a_run_starts_when_its_broker_comes(broker: Broker, tmp_path: Path) -> None:
    """It says once that it waits, prepares the topics, and every role becomes ready."""
    with whole(tmp_path, away(broker)) as run:
        waits(run)
        broker.start()
        for role in ROLES:
            until(lambda role=role: run.readiness_of(role) == 200, f"{role} is ready")
        run.process.send_signal(signal.SIGTERM)
        code, _ = run.ends("it was told to")
        assert code == 0, run.text()
        assert len(run.said("kafka_unreachable")) == 1
        assert not run.said("role_restarts")
        logs = (tmp_path / "state" / "log").glob("*.log")
        assert not any("kafka_unreachable" in log.read_text(encoding="utf-8") for log in logs)


def test_wrong_credentials_are_not_waited_for(broker: Broker, tmp_path: Path) -> None:
    """Exit code 1 and one message that names the setting."""
    credentials = {
        "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
        "KAFKA_SASL_MECHANISM": "PLAIN",
        "KAFKA_SASL_USERNAME": "somebody",
        "KAFKA_SASL_PASSWORD": "something",
    }
    with whole(tmp_path, there(broker), **credentials) as run:
        code, readiness = run.ends("it is refused")
        assert (code, readiness) == (1, {0})
        (line,) = run.text().splitlines()
        assert line.startswith("productops: ")
        assert "KAFKA_SECURITY_PROTOCOL" in line


def test_wrong_topics_of_a_broker_that_comes_late_end_the_run(
    tmp_path: Path, kafka_jars: Path
) -> None:
    """Exit code 1 with topic and remedy; nobody was ready before, and nothing was created."""
    with one(tmp_path / "kafka", kafka_jars) as broker:
        apply_registry(broker.kafka, [replace(RECEIVED, partitions=2)])
        with whole(tmp_path, away(broker)) as run:
            waits(run)
            broker.start()
            code, readiness = run.ends("the topics are wrong")
            assert code == 1
            assert 200 not in readiness
            assert f"{RECEIVED.name} has 2 partitions, declared are 4" in run.text()
            assert "Traceback" not in run.text()
        assert len(apply_registry(broker.kafka).changes) == len(REGISTRY)
