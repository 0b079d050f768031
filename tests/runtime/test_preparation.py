"""Before all roles start: the cluster of others is waited for, and its topics are prepared."""

import socket
import threading
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from tests.health_address import status
from tests.runtime.conftest import Until
from workers.config.settings import KafkaSettings
from workers.runtime.entry.preparation import prepared_when_reachable
from workers.runtime.topic_check import TopicsUnsuitableError
from workers.streaming.access.errors import AccessError, ClusterError, RefusedError


def test_without_a_broker_it_is_alive_unready_and_can_be_stopped(
    free_port: int, until: Until
) -> None:
    """One log line with the setting; nothing is prepared; the port is left to the role."""
    prepared: list[KafkaSettings] = []
    passed: list[bool] = []
    stop = threading.Event()
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound, but not listening: connections are refused
        kafka = KafkaSettings((f"127.0.0.1:{nobody.getsockname()[1]}",))
        addresses = [("feedback", "127.0.0.1", free_port)]
        waiting = threading.Thread(
            target=lambda: passed.append(
                prepared_when_reachable(kafka, addresses, stop, prepared.append)
            )
        )
        with capture_logs() as told:
            waiting.start()
            try:
                until(lambda: status(free_port, "/readyz") == 503, "it is unready")
                assert status(free_port, "/healthz") == 200
            finally:
                stop.set()
                waiting.join(10)
    assert passed == [False]
    assert prepared == []
    assert [entry["event"] for entry in told] == ["kafka_unreachable"]
    assert "KAFKA_BOOTSTRAP_SERVERS" in told[0]["reason"]
    assert "the roles wait" in told[0]["remedy"]
    assert status(free_port, "/healthz") == 0


def test_a_port_that_is_taken_does_not_end_the_waiting(free_port: int, until: Until) -> None:
    """It is told, and is the affair of the role that will want it."""
    stop = threading.Event()
    with socket.socket() as nobody, socket.create_server(("127.0.0.1", free_port)):
        nobody.bind(("127.0.0.1", 0))
        kafka = KafkaSettings((f"127.0.0.1:{nobody.getsockname()[1]}",))
        addresses = [("feedback", "127.0.0.1", free_port)]
        waiting = threading.Thread(target=lambda: prepared_when_reachable(kafka, addresses, stop))
        with capture_logs() as told:
            waiting.start()
            try:
                until(lambda: len(told) > 1, "both are told")
                assert waiting.is_alive()
            finally:
                stop.set()
                waiting.join(10)
    assert [entry["event"] for entry in told] == ["kafka_unreachable", "health_port_taken"]


def failing(*errors: Exception) -> Callable[[KafkaSettings], None]:
    """A preparation that fails so, once each, and then works."""
    left = list(errors)

    def prepare(_: KafkaSettings) -> None:
        if left:
            raise left.pop(0)

    return prepare


@pytest.mark.kafka
def test_what_time_may_mend_is_tried_again(kafka_cluster: KafkaSettings) -> None:
    """A cluster that is still coming up does not end the run."""
    prepare = failing(ClusterError("no leader yet"), TimeoutError("too slow"))
    with capture_logs() as told:
        assert prepared_when_reachable(kafka_cluster, [], threading.Event(), prepare)
    assert [entry["reason"] for entry in told] == ["no leader yet", "too slow"]


@pytest.mark.kafka
@pytest.mark.parametrize(
    "error",
    [
        AccessError("a right is missing"),
        RefusedError("against the policy"),
        TopicsUnsuitableError("too narrow"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_needs_a_person_ends_the_run(kafka_cluster: KafkaSettings, error: Exception) -> None:
    """At once and without a word about waiting."""
    with capture_logs() as told, pytest.raises(type(error), match=str(error)):
        prepared_when_reachable(kafka_cluster, [], threading.Event(), failing(error))
    assert told == []


@pytest.mark.kafka
def test_a_preparation_that_hangs_does_not_hold_up_the_end(
    kafka_cluster: KafkaSettings, until: Until
) -> None:
    """A cluster that falls silent in the middle is left alone as soon as we are told to stop."""
    begun, silence, stop = threading.Event(), threading.Event(), threading.Event()
    passed: list[bool] = []

    def prepare(_: KafkaSettings) -> None:
        begun.set()
        silence.wait()

    waiting = threading.Thread(
        target=lambda: passed.append(prepared_when_reachable(kafka_cluster, [], stop, prepare))
    )
    waiting.start()
    try:
        until(begun.is_set, "the topics are looked at")
        stop.set()
        until(lambda: passed == [False], "it ends")
    finally:
        silence.set()
        waiting.join(10)
