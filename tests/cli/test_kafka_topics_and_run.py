"""``productops kafka``, ``topics`` and ``run`` on a broker of their own, as a user types them."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil
import pytest
from click.testing import CliRunner

from schemas.topics import CLOCK_TICKED, REGISTRY
from tests.health_address import status
from tests.own_ports import own_ports
from workers.cli.main import main
from workers.config.settings import KafkaSettings
from workers.streaming.topics.admin import apply_registry, connect

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(400)]

TEAM = "company: Northwind\npeople: [{id: ana, name: Ana}]\nareas: []\n"
ROUTES = """
receivers: [{name: everybody, webhook: {url: "${HOOK}", secret: "${SECRET}"}}]
route: {receiver: everybody}
"""
_LIMIT_SECONDS = 120.0


@dataclass
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)


@dataclass
class Shell:
    """Runs ``productops`` in a folder of its own, without a Kafka of others."""

    folder: Path
    cache: Path
    done: dict[str, Done] = field(default_factory=dict)
    """Commands that were run, by what they stand for."""
    left: list[int] = field(default_factory=list)
    """Processes that were there before the run was stopped and were still there after it."""
    spared: bool = False
    """Whether the run left the broker alone."""

    @property
    def environ(self) -> dict[str, str]:
        """Everything in the folder, no servers."""
        ports = {"PRODUCTOPS_METRICS_PORT": str(self.port), "PRODUCTOPS_WEB_PORT": str(self.port)}
        folders = {
            "PRODUCTOPS_STATE_DIR": str(self.folder / "state"),
            "PRODUCTOPS_CONFIG_DIR": str(self.folder / "config"),
            "PRODUCTOPS_CACHE_DIR": str(self.cache),
            "HOOK": "http://127.0.0.1:1/",
            "SECRET": "whsec_" + "c2VjcmV0" * 4,
        }
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("KAFKA_", "PRODUCTOPS_"))
        }
        return {**inherited, **folders, **ports}

    port: int = 0

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start a command."""
        return subprocess.Popen(
            [sys.executable, "-m", "workers.cli", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environ,
        )

    def run(self, name: str, *arguments: str) -> Done:
        """Run a command to its end and remember it."""
        absent = dict.fromkeys(os.environ.keys() - self.environ.keys())
        result = CliRunner().invoke(main, arguments, env={**absent, **self.environ})
        self.done[name] = Done(result.exit_code, result.stdout, result.stderr)
        return self.done[name]

    def run_apart(self, name: str, *arguments: str) -> Done:
        """The same for a command that leaves a process behind: as one of its own."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=120)
        self.done[name] = Done(process.returncode, out, err)
        return self.done[name]


def until(condition: Callable[[], bool], what: str) -> None:
    """Poll until the condition holds."""
    deadline = time.monotonic() + _LIMIT_SECONDS
    pause = time.sleep
    while not condition():
        assert time.monotonic() < deadline, f"not within {_LIMIT_SECONDS:.0f} s: {what}"
        pause(0.1)


def stopped_run(shell: Shell) -> None:
    """Run two roles under one supervisor until they work, then end the run by SIGTERM."""
    config = shell.folder / "config"
    config.mkdir()
    (config / "team.yaml").write_text(TEAM, encoding="utf-8")
    (config / "routes.yaml").write_text(ROUTES, encoding="utf-8")
    (config / "sources.yaml").write_text("sources: []\n", encoding="utf-8")
    run = shell.start("run", "connectors", "feedback", "connectors")
    try:
        ports = (shell.port, shell.port + 1)
        until(lambda: all(status(port) == 200 for port in ports), "both roles are ready")
        roles = [child.pid for child in psutil.Process(run.pid).children()]
        assert len(roles) == 2
        run.send_signal(signal.SIGTERM)
        out, err = run.communicate(timeout=60)
    finally:
        run.kill()
    shell.done["run"] = Done(run.returncode, out, err)
    shell.left = [pid for pid in roles if psutil.pid_exists(pid)]


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory, kafka_jars: Path) -> Iterator[Shell]:
    """A user's session, from a folder where nothing is to a broker that is stopped again."""
    made = Shell(tmp_path_factory.mktemp("commands"), kafka_jars, port=own_ports(6))
    try:
        made.run("status of nothing", "kafka", "status", "--json")
        made.run_apart("start", "kafka", "start")
        made.run("second start", "kafka", "start")
        server = made.run("status", "kafka", "status", "--json").json["bootstrap"]
        kafka = KafkaSettings(servers=(server,))
        apply_registry(kafka, [replace(CLOCK_TICKED, partitions=2)])
        made.run("plan", "topics", "plan", "--json")
        made.run("refused apply", "topics", "apply")
        with connect(kafka) as admin:
            admin.delete_topics([CLOCK_TICKED.name])
            until(lambda: CLOCK_TICKED.name not in admin.list_topics(), "the topic is gone")
        made.run("apply", "topics", "apply")
        made.run("second apply", "topics", "apply", "--json")
        made.run("second plan", "topics", "plan")
        stopped_run(made)
        made.spared = made.run("status after run", "kafka", "status").code == 0
        made.run("stop", "kafka", "stop")
        made.run("second stop", "kafka", "stop")
        yield made
    finally:
        made.run("end", "kafka", "stop")


def test_no_broker_is_no_success(shell: Shell) -> None:
    """``status`` has exit code 1 where none runs, and says so to scripts."""
    status = shell.done["status of nothing"]
    assert (status.code, status.json) == (1, {"running": False})


def test_a_start_says_where_everything_is(shell: Shell) -> None:
    """Address, process, data and log, on standard output; the command returns."""
    start, status = shell.done["start"], shell.done["status"].json
    assert start.code == 0
    rows = dict(line.split(maxsplit=1) for line in start.out.splitlines())
    assert rows["Kafka"].startswith(f"{status['bootstrap']} (process {status['pid']}, ")
    assert rows["data"] == str(shell.folder / "state" / "kafka") == status["folder"]
    assert rows["log"] == status["log_file"]
    assert status["running"] is True
    assert status["memory_bytes"] > 50_000_000


def test_a_second_start_is_refused(shell: Shell) -> None:
    """Exit code 1, naming the process; nothing on standard output."""
    second = shell.done["second start"]
    assert (second.code, second.out) == (1, "")
    assert f"process {shell.done['status'].json['pid']}" in second.err


def test_a_plan_names_every_difference(shell: Shell) -> None:
    """Exit code 1 when a person has to decide; as JSON on standard output."""
    plan = shell.done["plan"]
    assert plan.code == 1
    assert plan.json["applied"] is False
    found = {change["topic"]: change["action"] for change in plan.json["changes"]}
    assert found.pop(CLOCK_TICKED.name) == "refuse"
    assert found == {topic.name: "create" for topic in REGISTRY if topic.name != CLOCK_TICKED.name}
    (refused,) = [one for one in plan.json["changes"] if one["action"] == "refuse"]
    assert refused["topic"] == CLOCK_TICKED.name
    assert "has 2 partitions, declared are 4" in refused["detail"]


def test_an_apply_that_was_refused_something_fails(shell: Shell) -> None:
    """Exit code 1, though everything else was done."""
    refused = shell.done["refused apply"]
    assert refused.code == 1
    verbs = {line.split()[1]: line.split()[0] for line in refused.out.splitlines()}
    created = {topic.name for topic in REGISTRY} - {CLOCK_TICKED.name}
    assert {name for name, verb in verbs.items() if verb == "created"} == created
    assert f"refused    {CLOCK_TICKED.name}" in refused.out


def test_an_apply_finishes_what_was_left(shell: Shell) -> None:
    """Only what is missing is created; exit code 0."""
    apply = shell.done["apply"]
    assert apply.code == 0
    (line,) = apply.out.splitlines()
    assert line.startswith(f"created    {CLOCK_TICKED.name}  4 partitions, replication 1")


def test_after_an_apply_nothing_is_left(shell: Shell) -> None:
    """A second apply does nothing, a plan is empty; both are successes."""
    again, plan = shell.done["second apply"], shell.done["second plan"]
    assert (again.code, again.json) == (0, {"applied": True, "changes": []})
    assert (plan.code, plan.out) == (0, "the cluster is as declared\n")


def test_a_run_ends_in_order(shell: Shell) -> None:
    """Roles that were named twice run once; SIGTERM ends all with exit code 0."""
    run = shell.done["run"]
    assert run.code == 0
    assert shell.left == []
    assert run.out == ""
    assert str(shell.folder / "state" / "log") in run.err
    for role in ("connectors", "feedback"):
        log = shell.folder / "state" / "log" / f"{role}.log"
        events = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
        assert {event["role"] for event in events} == {role}
        assert [event["event"] for event in events if event["event"].startswith("role_")] == [
            "role_started",
            "role_stopped",
        ]


def test_a_run_leaves_a_broker_that_it_did_not_start(shell: Shell) -> None:
    """Who started the broker by hand stops it by hand."""
    assert shell.spared


def test_a_stop_is_a_success_twice(shell: Shell) -> None:
    """The second one has nothing to do, which is no failure."""
    stop, second = shell.done["stop"], shell.done["second stop"]
    assert (stop.code, stop.out) == (0, "stopped\n")
    assert (second.code, second.out) == (0, "no broker was running\n")
