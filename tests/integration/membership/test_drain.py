"""SIGTERM: what is in hand is finished and committed, and the end comes whatever Kafka does."""

import os
import re
import signal
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from schemas.topics import CLOCK_TICKED
from tests.health_address import status
from tests.integration.brokers import Broker
from tests.integration.membership import static_worker
from tests.integration.membership.freezing import frozen
from tests.integration.streaming.cluster import lag, read_committed, until, write
from tests.integration.streaming.counting_worker import topics
from workers.config.settings import KafkaSettings
from workers.runtime.stop_limit import STOP_SECONDS
from workers.streaming.topics.admin import apply_registry

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(400)]

SCRIPT = Path(static_worker.__file__)
RECORDS = 6_000
SPARE_SECONDS = 45
"""Beyond the bound, for a loaded machine: a time-out, nothing that is measured."""

Launch = Callable[..., tuple[subprocess.Popen[bytes], Path]]


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Launch]:
    """Starts a command in an environment; the process and the file of its words."""
    with ExitStack() as open_:

        def start(
            kafka: KafkaSettings, *command: str, further: Mapping[str, str] = {}
        ) -> tuple[subprocess.Popen[bytes], Path]:
            said = tmp_path / f"{os.urandom(4).hex()}.log"
            with said.open("wb") as log:
                process = subprocess.Popen(
                    [sys.executable, *command],
                    env={
                        **os.environ,
                        "PYTHONPATH": str(SCRIPT.parents[3]),
                        "KAFKA_BOOTSTRAP_SERVERS": ",".join(kafka.servers),
                        **further,
                    },
                    stdout=log,
                    stderr=log,
                )
            open_.callback(process.wait)
            open_.callback(process.kill)  # before the wait
            return process, said

        yield start


def end(process: subprocess.Popen[bytes]) -> int:
    """Ask it to end; its exit code."""
    process.send_signal(signal.SIGTERM)
    return process.wait(STOP_SECONDS + SPARE_SECONDS)


def processed(said: Path) -> int:
    """How many events a worker has processed, as it said when it ended."""
    found = re.search(r"processed (\d+)", said.read_text())
    assert found, said.read_text()
    return int(found[1])


def test_a_worker_that_is_told_to_end_in_the_middle_of_its_work_leaves_nothing_half_done(
    kafka_cluster: KafkaSettings, unique: Callable[[str], str], launch: Launch
) -> None:
    """It ends well, and the next owner processes exactly what it has not: nothing twice."""
    name = unique("drain")
    source, target, *_ = topics(name)
    apply_registry(kafka_cluster, [*topics(name), CLOCK_TICKED])
    write(kafka_cluster, source.name, ((f"{n}".encode(), b'{"n": 1}') for n in range(RECORDS)))
    group = f"productops-{name}"
    first, of_first = launch(kafka_cluster, str(SCRIPT), "--name", name, "--end-after", "1")
    until(lambda: first.poll() is not None, "it is told to end once something is committed")
    assert first.returncode == 0
    left = lag(kafka_cluster, group, [source])
    assert 0 < left == RECORDS - processed(of_first), "it ended with work in front of it"
    second, of_second = launch(kafka_cluster, str(SCRIPT), "--name", name)
    until(lambda: lag(kafka_cluster, group, [source]) == 0, "all is processed")
    assert end(second) == 0
    assert processed(of_second) == left
    assert len(read_committed(kafka_cluster, target)) == RECORDS


def test_roles_end_although_kafka_does_not_answer(
    tmp_path: Path, own_broker: Broker, launch: Launch
) -> None:
    """In order and within the bound that is documented: a stream role, the sources, the archive."""
    config = tmp_path / "config"
    config.mkdir()
    (config / "team.yaml").write_text("company: Test\npeople: [{id: ana, name: Ana}]\n")
    (config / "routes.yaml").write_text(
        "receivers:\n- name: hook\n  webhook: {url: 'http://127.0.0.1:9/', secret: '${HOOK}'}\n"
        "route: {receiver: hook, owner: ana}\n"
    )
    (config / "sources.yaml").write_text("sources: []\n")
    broker = own_broker
    apply_registry(broker.kafka, topics("frozen"))
    write(broker.kafka, topics("frozen")[0].name, [(b"a", b'{"n": 1}')])
    worker, _ = launch(broker.kafka, str(SCRIPT), "--name", "frozen")
    port = broker.port + 4
    roles = [
        launch(
            broker.kafka,
            *("-m", "workers.cli", "run", role),
            further={
                "HOOK": f"whsec_{b64encode(bytes(32)).decode()}",
                "PRODUCTOPS_CONFIG_DIR": str(config),
                "PRODUCTOPS_STATE_DIR": str(tmp_path / "state"),
                "PRODUCTOPS_METRICS_PORT": str(port),
            },
        )
        for role in ("connectors", "archive")
    ]
    until(lambda: lag(broker.kafka, "productops-frozen", topics("frozen")[:1]) == 0, "it works")
    until(lambda: bool(read_committed(broker.kafka, CLOCK_TICKED)), "the clock ticks")
    until(lambda: status(port + 3) == 200, "the archive is ready")
    with frozen(broker):
        for process, _ in [(worker, None), *roles]:
            process.send_signal(signal.SIGTERM)
        for process, said in roles:
            assert process.wait(STOP_SECONDS + SPARE_SECONDS) == 0, said.read_text()
        assert worker.wait(STOP_SECONDS + SPARE_SECONDS) == 0
