"""Records that are gone before they were read halt the worker, which says what to choose."""

import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, TopicPartition

from tests.integration.chaos.world.job import Job
from workers.config.settings import KafkaSettings

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def job(kafka_cluster: KafkaSettings, tmp_path: Path) -> Iterator[Job]:
    """A worker that has read everything, and stands in order."""
    with closing(Job(kafka_cluster, "expired", tmp_path)) as job:
        worker = job.launch()
        job.progress(100)
        job.drain()
        assert job.leave(worker) == 0
        yield job


def told(folder: Path) -> str:
    """What the last worker of the folder has said."""
    logs = sorted(folder.glob("*.log"), key=lambda file: file.stat().st_mtime)
    return logs[-1].read_text(encoding="utf-8")


def halted(job: Job, folder: Path) -> str:
    """Wait until the worker says that it stands still; its words."""
    job.until(lambda: "task_halted" in told(folder), "the worker says that it halts")
    return told(folder)


def delete_records(job: Job) -> None:
    """Remove everything that the input holds, as retention would."""
    tps = {TopicPartition(job.source, partition): -1 for partition in range(4)}
    admin = KafkaAdminClient(bootstrap_servers=list(job.kafka.servers))
    admin.delete_records(tps)
    admin.close()


def test_records_gone_while_the_worker_was_away_halt_it(job: Job, tmp_path: Path) -> None:
    """It stays, unready, commits nothing, and names the retention and the way out."""
    before = job.committed()
    job.feed([False] * 80)
    job.flush()
    delete_records(job)
    worker = job.launch()
    words = halted(job, tmp_path)
    assert "retention has removed what was before" in words
    assert "--expired --to-earliest" in words
    assert worker.poll() is None
    assert job.committed() == before


def test_offsets_gone_while_there_is_state_halt_it(job: Job, tmp_path: Path) -> None:
    """Reading everything again would count it twice."""
    before = job.committed()
    admin = KafkaAdminClient(bootstrap_servers=list(job.kafka.servers))
    admin.delete_groups([job.group])
    admin.close()
    job.launch()
    assert "no committed offsets" in halted(job, tmp_path)
    assert job.committed() == before


def test_records_gone_before_a_running_worker_reads_them_halt_it(job: Job, tmp_path: Path) -> None:
    """A frozen worker finds them gone when it wakes, and does not go on behind them."""
    worker = job.launch()
    job.shared_by(1)
    worker.send_signal(signal.SIGSTOP)
    before = job.committed()
    job.feed([False] * 80)
    job.flush()
    delete_records(job)
    worker.send_signal(signal.SIGCONT)
    assert "task_halted" in halted(job, tmp_path)
    assert job.committed() == before
