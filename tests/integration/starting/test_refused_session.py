"""A session that the group's broker does not allow is told by the settings to look at."""

from pathlib import Path

import pytest

from tests.integration.brokers import one
from tests.integration.starting.real_roles import real_roles
from tests.integration.streaming.cluster import until
from workers.streaming.topics.admin import apply_registry

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(400)]

SETTINGS = (
    "PRODUCTOPS_SESSION_SECONDS",
    "group.min.session.timeout.ms",
    "group.max.session.timeout.ms",
)


def test_a_session_outside_of_the_brokers_bounds_is_told_with_its_settings(
    tmp_path: Path, kafka_jars: Path
) -> None:
    """A worker ends with exit code 1 and names ours and the broker's; the archive waits so."""
    bounds = {"group.max.session.timeout.ms": "7000"}
    with one(tmp_path / "kafka", kafka_jars, bounds) as broker:
        apply_registry(broker.kafka)
        names = ["feedback", "archive"]
        with real_roles(tmp_path, broker.kafka.servers[0], names) as (feedback, archive):
            code, _ = feedback.ends("its session is too long")
            assert code == 1
            (told,) = feedback.said("role_failed")
            assert all(setting in told["reason"] for setting in SETTINGS), told["reason"]
            until(lambda: bool(archive.said("archive.kafka_unavailable")), "the archive waits")
            reason = archive.said("archive.kafka_unavailable")[0]["reason"]
            assert all(setting in reason for setting in SETTINGS), reason
