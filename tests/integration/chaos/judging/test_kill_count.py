"""Which kills count."""

from contextlib import closing
from pathlib import Path

import pytest

from tests.integration.chaos.world.job import Job
from workers.config.settings import KafkaSettings

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(120)]


def test_only_a_kill_that_was_carried_out_counts(
    kafka_cluster: KafkaSettings, tmp_path: Path
) -> None:
    """A worker that had ended by itself before its SIGKILL is one that gave up instead."""
    with closing(Job(kafka_cluster, "counted", tmp_path)) as job:
        gone, living = job.launch(), job.launch()
        gone.terminate()
        gone.wait()
        job.kill(gone)
        assert (job.kills, job.deaths) == (0, 1)
        job.kill(living)
        assert (job.kills, job.deaths) == (1, 1)
        assert job.workers == []
