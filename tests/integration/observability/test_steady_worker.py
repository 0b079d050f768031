"""A real worker on a real Kafka, looked at from outside: its log, its metrics, its traces."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from schemas.envelope import Event
from schemas.notification import MessageRequested
from schemas.topics import CLOCK_TICKED
from schemas.trace import child, parse, root
from tests.integration.observability.echo_worker import topics
from tests.integration.streaming.cluster import read_committed, write
from tests.observability.collector import Collector, collecting
from workers.config.settings import KafkaSettings
from workers.streaming.topics.admin import apply_registry

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(400)]

SCRIPT = Path(__file__).with_name("echo_worker.py")
CHUNKS = 25
KEYS = 8
BROKEN_TRACE = root("a record that is broken")


@dataclass
class Course:
    """What a worker has done, from its start to its end."""

    chunks: int = 0
    measured: set[int] = field(default_factory=set)
    """Partitions of which it is known what waits: looked at every two seconds."""
    log: list[dict[str, Any]] = field(default_factory=list)
    before: str = ""
    """A scrape before it was stopped."""
    after: str = ""
    """A scrape after it."""
    out: list[dict[str, Any]] = field(default_factory=list)
    letters: list[dict[str, Any]] = field(default_factory=list)
    collector: Collector = field(default_factory=Collector)

    def value(self, name: str, scrape: str = "", **labels: str) -> list[float]:
        """Values of the series of this name and with these labels, before the stop."""
        families = text_string_to_metric_families(scrape or self.before)
        return [
            sample.value
            for family in families
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]


def event(number: int) -> Event[MessageRequested]:
    """One of many events; every other one has a trace from its sender."""
    return Event[MessageRequested](
        id=f"m{number}",
        source="/tests",
        type="test.in.v1",
        time=datetime.now(UTC),
        partitionkey=f"key{number % KEYS}",
        traceparent=root(f"sender {number}") if number % 2 else None,
        data=MessageRequested(
            message_id=f"m{number}", receiver="team", title="Private words", about="item"
        ),
    )


def rows(chunk: int) -> list[tuple[bytes, bytes]]:
    """What is written at once, to be processed in a chunk or a few."""
    events = [event(number) for number in range(chunk * KEYS, (chunk + 1) * KEYS)]
    return [(one.partitionkey.encode(), one.to_json()) for one in events]


@pytest.fixture(scope="module")
def course(kafka_cluster: KafkaSettings, worker_name: str) -> Course:
    """Ready, then many small chunks, then one broken record, then the end."""
    name = worker_name
    source, target, _, letters = topics(name)
    apply_registry(kafka_cluster, [*topics(name), CLOCK_TICKED])
    found = Course()
    with collecting() as found.collector:
        worker = subprocess.Popen(
            [
                sys.executable,
                str(SCRIPT),
                "--servers",
                ",".join(kafka_cluster.servers),
                "--name",
                name,
            ],
            env={
                **os.environ,
                "PYTHONPATH": str(SCRIPT.parents[3]),
                "OTEL_EXPORTER_OTLP_ENDPOINT": found.collector.endpoint,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert worker.stdout is not None
        try:
            assert json.loads(worker.stdout.readline()) == {"ready": True}
            for chunk in range(CHUNKS):
                write(kafka_cluster, source.name, rows(chunk))
                _until_done(worker, KEYS, found)
            broken = b'{"traceparent": "%s", "data": ' % BROKEN_TRACE.encode()
            write(kafka_cluster, source.name, [(b"key0", broken)])
            _until_done(worker, 1, found)
            while len(found.measured) < 4:
                _until_said(worker, found)
        finally:
            worker.send_signal(signal.SIGTERM)
            out, log = worker.communicate(timeout=120)
    scrapes = json.loads(out.splitlines()[-1])
    found.before, found.after = scrapes["before"], scrapes["after"]
    found.log = [json.loads(line) for line in log.splitlines()]
    found.out = [json.loads(record.value) for record in read_committed(kafka_cluster, target)]
    found.letters = [json.loads(record.value) for record in read_committed(kafka_cluster, letters)]
    return found


@pytest.fixture(scope="module")
def worker_name() -> str:
    """A name that no other run uses."""
    return f"echo-{os.getpid()}"


def _until_done(worker: "subprocess.Popen[str]", events: int, course: Course) -> None:
    while events > 0:
        events -= _until_said(worker, course)


def _until_said(worker: "subprocess.Popen[str]", course: Course) -> int:
    """Note the next thing that it says; how many events it has done by that."""
    assert worker.stdout is not None
    line = worker.stdout.readline()
    assert line, "the worker has ended"
    told = json.loads(line)
    if "measured" in told:
        course.measured.add(told["measured"])
        return 0
    course.chunks += 1
    return int(told["done"])


def test_a_worker_that_has_nothing_to_report_says_nothing(course: Course) -> None:
    """Between ready and stop not one line is logged at info or above, however many chunks."""
    assert len(course.out) == CHUNKS * KEYS
    assert course.chunks > CHUNKS
    names = [line["event"] for line in course.log]
    steady = course.log[names.index("ready") + 1 : names.index("told to stop")]
    assert steady == []


def test_the_metrics_tell_of_chunks_transactions_and_what_waits(course: Course) -> None:
    """As many chunks as were committed; each took time and a transaction; nothing waits."""
    stage = {"stage": "feedback"}
    events = CHUNKS * KEYS + 1
    assert course.value("productops_stage_chunk_events_count", **stage) == [course.chunks]
    assert course.value("productops_stage_chunk_events_sum", **stage) == [events]
    assert course.value("productops_stage_transaction_seconds_count", **stage) == [course.chunks]
    (whole,) = course.value("productops_stage_chunk_seconds_sum", **stage)
    (transactions,) = course.value("productops_stage_transaction_seconds_sum", **stage)
    (processing,) = course.value("productops_stage_process_seconds_sum", **stage)
    assert 0 < transactions < whole
    assert processing == pytest.approx(whole - transactions)
    assert len(course.value("productops_stage_queue_events", **stage)) == 4
    assert set(course.value("productops_stage_paused", **stage)) == {0.0}
    assert all(0 <= one < 60 for one in course.value("productops_stage_lag_seconds", **stage))


def test_a_stopped_worker_tells_of_no_partition(course: Course) -> None:
    """Series of partitions are there while they are owned, and gone with them."""
    assert 'partition="0"' in course.before
    assert 'partition="0"' not in course.after


def test_what_goes_out_is_in_the_trace_of_what_came_in(course: Course) -> None:
    """With the sender's trace, or one begun by the identity of the event."""
    for written in course.out:
        number = int(written["id"].removeprefix("echo/m"))
        begun = root(f"sender {number}") if number % 2 else root(f"/tests#m{number}")
        assert written["traceparent"] == child(begun, written["id"])


def test_a_dead_letter_is_in_the_trace_of_the_record_that_died(course: Course) -> None:
    """Although the record could not be read as an event."""
    (letter,) = course.letters
    own, cause = parse(letter["traceparent"]), parse(BROKEN_TRACE)
    assert own is not None
    assert cause is not None
    assert own.trace_id == cause.trace_id


def test_every_chunk_is_a_span_with_links_to_what_came_in(course: Course) -> None:
    """All inputs that had a trace are linked, once; the attributes count all of them."""
    chunks = course.collector.named("feedback process")
    assert len(chunks) == course.chunks
    linked = sorted(link for chunk in chunks for link in chunk.links)
    sent = [root(f"sender {number}") for number in range(CHUNKS * KEYS) if number % 2]
    assert linked == sorted(trace.split("-")[1] for trace in [*sent, BROKEN_TRACE])
    counted = [chunk.attributes["messaging.batch.message_count"] for chunk in chunks]
    assert sum(counted) == CHUNKS * KEYS + 1
    assert sum(chunk.attributes["productops.dead"] for chunk in chunks) == 1


def test_every_event_that_went_out_is_a_span_under_its_cause(course: Course) -> None:
    """The span's ids are those that the event carries; no span holds what the message says."""
    wanted = {tuple(written["traceparent"].split("-")[1:3]) for written in course.out}
    spans = course.collector.named("feedback send test.in.v1")
    assert {(span.trace_id, span.span_id) for span in spans} == wanted
    causes = {span.attributes["cloudevents.event_id"]: span.parent_id for span in spans}
    assert causes["echo/m1"] == root("sender 1").split("-")[2]
    assert "Private" not in str(course.collector.spans)
