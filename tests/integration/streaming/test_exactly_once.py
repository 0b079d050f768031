"""The protocol on a real Kafka: killed after every step, shared by two workers, poisoned."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from schemas.topics import CLOCK_TICKED
from tests.integration.streaming.cluster import (
    counts_by_key,
    lag,
    read_committed,
    until,
    write,
)
from tests.integration.streaming.counting_worker import Counting, topics
from workers.config.settings import KafkaSettings
from workers.streaming.connection.clients import client_settings
from workers.streaming.engine.probe import Step
from workers.streaming.inspection import NoStateError, inspect_row
from workers.streaming.topics.admin import apply_registry

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(600)]

KEYS = 40
EVENTS = 1_200
SCRIPT = Path(__file__).with_name("counting_worker.py")


@dataclass
class Scenario:
    """One worker name with its topics, and the processes that run under it."""

    kafka: KafkaSettings
    name: str
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def launch(self, *, kill_step: int = 0, kill_after: int = 0) -> subprocess.Popen[bytes]:
        """Start a worker process."""
        process = subprocess.Popen(
            [
                sys.executable,
                str(SCRIPT),
                "--servers",
                ",".join(self.kafka.servers),
                "--name",
                self.name,
                "--kill-step",
                str(kill_step),
                "--kill-after",
                str(kill_after),
            ],
            env={**os.environ, "PYTHONPATH": str(SCRIPT.parents[3])},
            stderr=subprocess.DEVNULL,
        )
        self.processes.append(process)
        return process

    def feed(self, first: int, last: int) -> None:
        """Write the events with these numbers; poison is among them at fixed places."""
        source = topics(self.name)[0]
        write(self.kafka, source.name, [event(number) for number in range(first, last)])

    def caught_up(self) -> bool:
        """Whether the group has read its input to the end."""
        return lag(self.kafka, f"productops-{self.name}", topics(self.name)[:1]) == 0

    def end(self) -> None:
        """Stop all processes."""
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


started: list[Scenario] = []
"""Every scenario begun, so that none leaves processes behind, however it ends."""


def begin(kafka: KafkaSettings, name: str) -> Scenario:
    """A scenario that will be ended."""
    scenario = Scenario(kafka, name)
    started.append(scenario)
    return scenario


def event(number: int) -> tuple[bytes, bytes]:
    """The input record of a number: every 97th is not JSON, every 101st cannot be handled."""
    key = f"key-{number % KEYS}".encode()
    if number % 97 == 96:
        return key, b"\xff not json"
    value = -number if number % 101 == 100 else number
    return key, json.dumps({"n": value}).encode()


def expected() -> dict[str, list[tuple[int, int]]]:
    """What an undisturbed run gives: every good number once, counted up without a gap."""
    result: dict[str, list[tuple[int, int]]] = {}
    for number in range(EVENTS):
        if number % 97 == 96 or number % 101 == 100:
            continue
        row = result.setdefault(f"key-{number % KEYS}", [])
        row.append((number, len(row) + 1))
    return result


def scenario_kill_after(kafka: KafkaSettings, name: str, step: Step) -> Scenario:
    """One worker, killed after a step of its third chunk, then started again."""
    scenario = begin(kafka, name)
    scenario.feed(0, EVENTS // 2)
    killed = scenario.launch(kill_step=step, kill_after=3)
    until(lambda: killed.poll() is not None, f"the worker ends itself after {step.name}")
    assert killed.returncode == -signal.SIGKILL
    scenario.launch()
    scenario.feed(EVENTS // 2, EVENTS)
    until(scenario.caught_up, f"{name} reads its input to the end")
    return scenario


def scenario_two_workers(kafka: KafkaSettings, name: str) -> Scenario:
    """Two workers share the partitions; one is killed between writing and committing."""
    scenario = begin(kafka, name)
    scenario.launch()
    killed = scenario.launch(kill_step=Step.WRITTEN, kill_after=2)
    for part in range(6):
        scenario.feed(EVENTS * part // 6, EVENTS * (part + 1) // 6)
    until(lambda: killed.poll() is not None or scenario.caught_up(), "a kill, or no work for it")
    until(scenario.caught_up, f"{name} reads its input to the end")
    return scenario


def scenario_leaving(kafka: KafkaSettings, name: str) -> Scenario:
    """A worker leaves in good order while events flow, and another takes over."""
    scenario = begin(kafka, name)
    leaving = scenario.launch()
    scenario.feed(0, EVENTS // 2)
    until(lambda: len(read_committed(kafka, topics(name)[1])) > 0, "the first worker has begun")
    leaving.send_signal(signal.SIGTERM)
    scenario.launch()
    scenario.feed(EVENTS // 2, EVENTS)
    until(scenario.caught_up, f"{name} reads its input to the end")
    assert leaving.wait(60) == 0
    return scenario


NAMES = [*(f"kill-{step.name.lower().replace('_', '-')}" for step in Step), "two", "leaving"]


@pytest.fixture(scope="module")
def scenarios(kafka_cluster: KafkaSettings) -> Iterator[dict[str, Scenario]]:
    """All scenarios at once, each with topics and a group of its own: most of it is waiting."""
    token = os.urandom(3).hex()
    names = {short: f"{short}-{token}" for short in NAMES}
    declared = [topic for name in names.values() for topic in topics(name)]
    apply_registry(kafka_cluster, [*declared, CLOCK_TICKED])
    with ThreadPoolExecutor(len(names)) as pool:
        running = {
            f"kill-{step.name.lower().replace('_', '-')}": pool.submit(
                scenario_kill_after,
                kafka_cluster,
                names[f"kill-{step.name.lower().replace('_', '-')}"],
                step,
            )
            for step in Step
        }
        running["two"] = pool.submit(scenario_two_workers, kafka_cluster, names["two"])
        running["leaving"] = pool.submit(scenario_leaving, kafka_cluster, names["leaving"])
    try:
        yield {short: future.result() for short, future in running.items()}
    finally:
        for scenario in started:
            scenario.end()


@pytest.mark.parametrize("short", NAMES)
def test_outputs_equal_an_undisturbed_run(short: str, scenarios: dict[str, Scenario]) -> None:
    """Every good event is emitted once, in order, with the count of an undisturbed run."""
    scenario = scenarios[short]
    found = counts_by_key(read_committed(scenario.kafka, topics(scenario.name)[1]))
    assert found == expected()


@pytest.mark.parametrize("short", NAMES)
def test_state_equals_an_undisturbed_run(short: str, scenarios: dict[str, Scenario]) -> None:
    """The changelog's latest values are the counts of an undisturbed run."""
    scenario = scenarios[short]
    rows: dict[str, int] = {}
    for record in read_committed(scenario.kafka, topics(scenario.name)[2]):
        rows[record.key.decode()] = int(record.value)
    assert rows == {key: len(pairs) for key, pairs in expected().items()}


@pytest.mark.parametrize("short", NAMES)
def test_every_poisoned_record_is_one_dead_letter(
    short: str, scenarios: dict[str, Scenario]
) -> None:
    """A record that cannot be decoded or handled is dead-lettered once, raw, with its origin."""
    scenario = scenarios[short]
    source, _, _, letters = topics(scenario.name)
    found = [json.loads(record.value) for record in read_committed(scenario.kafka, letters)]
    poisoned = [n for n in range(EVENTS) if n % 97 == 96 or n % 101 == 100]
    assert len({letter["id"] for letter in found}) == len(found) == len(poisoned)
    assert {letter["data"]["origin"]["topic"] for letter in found} == {source.name}
    classes = [letter["data"]["error_class"] for letter in found]
    undecodable = [n for n in poisoned if n % 97 == 96]
    assert classes.count("decode") == len(undecodable)
    assert classes.count("process") == len(poisoned) - len(undecodable)


async def test_a_row_can_be_looked_at_from_outside(scenarios: dict[str, Scenario]) -> None:
    """The inspected row of a key is its count; a key without a row is told so."""
    scenario = scenarios["two"]
    client = client_settings(scenario.kafka)
    processor = Counting(scenario.name)
    found = await inspect_row(client, processor, "key-1")
    assert found.row == len(expected()["key-1"])
    with pytest.raises(NoStateError, match="key-of-nobody"):
        await inspect_row(client, processor, "key-of-nobody")
