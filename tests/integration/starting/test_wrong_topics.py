"""No role begins on topics that are not as declared, whether Kafka or the role was there first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from schemas.topics import RECEIVED, REGISTRY, Cleanup, Topic
from tests.integration.brokers import Broker, one
from tests.integration.starting.real_roles import real_roles
from workers.streaming.topics.admin import apply_registry

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(400)]

ROLES = ("connectors", "feedback", "archive")


@dataclass(frozen=True)
class Wrong:
    """A cluster that no role may begin on."""

    broker: Broker
    words: Sequence[str]
    """What the message of each role has to hold."""


def _with(changed: Topic) -> list[Topic]:
    return [changed if topic.name == changed.name else topic for topic in REGISTRY]


WRONG: dict[str, tuple[Sequence[Topic], Sequence[str]]] = {
    "missing": ((), ("missing: ", RECEIVED.name, "Create with: productops topics apply")),
    "narrow": (
        _with(replace(RECEIVED, partitions=2)),
        (f"{RECEIVED.name} has 2 partitions, declared are 4", "create the topic anew"),
    ),
    "compacted": (
        _with(replace(RECEIVED, cleanup=Cleanup.COMPACT)),
        (
            f"{RECEIVED.name} has another cleanup.policy than delete",
            "set it with: productops topics apply",
        ),
    ),
}


@pytest.fixture(scope="module", params=list(WRONG))
def wrong(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, kafka_jars: Path
) -> Iterator[Wrong]:
    """A broker of its own for each way to be wrong."""
    topics, words = WRONG[request.param]
    with one(tmp_path_factory.mktemp(request.param), kafka_jars) as broker:
        if topics:
            apply_registry(broker.kafka, topics)
        yield Wrong(broker, words)


@pytest.mark.parametrize("late", [False, True], ids=["broker is there", "broker comes later"])
def test_every_role_ends_with_one_message_and_was_never_ready(
    wrong: Wrong, tmp_path: Path, *, late: bool
) -> None:
    """Exit code 1, the topic and the remedy in one line; readiness is never told before."""
    if late:
        wrong.broker.embedded.stop()
    with real_roles(tmp_path, wrong.broker.kafka.servers[0], ROLES) as roles:
        if late:
            for role in roles:
                role.waits()
                assert role.readiness == 503
            wrong.broker.start()
        for role in roles:
            code, readiness = role.ends("the topics are wrong")
            assert code == 1, role.text()[-4_000:]
            assert 200 not in readiness
            (told,) = role.said("role_failed")
            assert told["error"] == "TopicsUnsuitableError"
            assert all(words in told["reason"] for words in wrong.words), told["reason"]
            assert "Traceback" not in role.text()
