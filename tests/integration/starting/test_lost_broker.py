"""The archive beside a broker that dies: waiting is no failure, and it can be told to end."""

import signal
from pathlib import Path

import pytest

from tests.integration.brokers import one
from tests.integration.starting.real_roles import real_roles
from tests.integration.streaming.cluster import until
from workers.streaming.topics.admin import apply_registry

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(400)]


def test_an_archive_whose_broker_was_killed_ends_in_order(tmp_path: Path, kafka_jars: Path) -> None:
    """SIGKILL for the broker, SIGTERM for the archive: exit code 0, and no traceback."""
    with one(tmp_path / "kafka", kafka_jars) as broker:
        apply_registry(broker.kafka)
        with real_roles(tmp_path, broker.kafka.servers[0], ["archive"]) as (archive,):
            archive.becomes_ready()
            broker.kill()
            until(lambda: bool(archive.said("archive.kafka_unavailable")), "the archive notices")
            assert archive.readiness == 503
            archive.process.send_signal(signal.SIGTERM)
            code, _ = archive.ends("it was told to")
            assert code == 0, archive.text()[-4_000:]
            assert "Traceback" not in archive.text()
