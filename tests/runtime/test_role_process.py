"""A role as a process: its health addresses, its end by signal, by itself, by a taken port."""

import json
import re
import signal
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.runtime.conftest import Start, Until
from workers import __version__

SCRIPT = Path(__file__).with_name("role_process.py")
STUCK_SOON = "3"
"""Seconds after which a process ends that does not move."""


class Role:
    """A running role of the tests."""

    def __init__(self, start: Start, folder: Path, port: int, *manner: str) -> None:
        self.folder = folder
        self.port = port
        self.process = start([sys.executable, str(SCRIPT), str(folder), str(port), *manner])

    def ask(self, path: str) -> tuple[int, str]:
        """Status and text of a health address; status 0 where nobody answers."""
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}{path}", timeout=30
            ) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def diary(self) -> list[str]:
        """What the role wrote down."""
        file = self.folder / "diary"
        return file.read_text(encoding="utf-8").splitlines() if file.exists() else []

    def end(self) -> tuple[int, str]:
        """Its exit code and output, once it has ended."""
        output, _ = self.process.communicate(timeout=60)
        return self.process.returncode, output


@pytest.fixture
def role(start: Start, tmp_path: Path, free_port: int, until: Until) -> Callable[..., Role]:
    """Starts a role in a manner and waits until it runs."""

    def run(*manner: str) -> Role:
        made = Role(start, tmp_path, free_port, *manner)
        until(lambda: "running" in made.diary(), "the role runs")
        return made

    return run


def test_the_health_addresses_follow_the_role(role: Callable[..., Role], until: Until) -> None:
    """Ready and alive are told by status as they are now; /metrics shows the version, too."""
    running = role("steady")
    until(lambda: running.ask("/healthz") == (200, "alive\n"), "it answers")
    assert running.ask("/readyz") == (503, "not ready\n")
    (running.folder / "ready").touch()
    assert running.ask("/readyz") == (200, "ready\n")
    assert 'productops_ready{role="scripted"} 1.0' in running.ask("/metrics")[1]
    (running.folder / "ready").unlink()
    assert running.ask("/readyz") == (503, "not ready\n")
    (running.folder / "stuck").touch()
    assert running.ask("/healthz") == (503, "stuck\n")
    status, metrics = running.ask("/metrics")
    assert status == 200
    assert f'productops_build_info{{version="{__version__}"}} 1.0' in metrics
    assert 'productops_ready{role="scripted"} 0.0' in metrics
    assert running.ask("/secrets")[0] == 404


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(
    role: Callable[..., Role], until: Until, number: signal.Signals
) -> None:
    """The role is told to stop and tidies up, then the process ends with 0, the port is free."""
    running = role("steady")
    until(lambda: running.ask("/healthz")[0] == 200, "it answers")
    running.process.send_signal(number)
    code, output = running.end()
    assert code == 0
    assert running.diary() == ["running", "told to stop", "tidied up", "returned"]
    events = [json.loads(line)["event"] for line in output.splitlines()]
    assert events == ["role_started", "role_stopped"]
    assert running.ask("/healthz")[0] == 0


def test_a_role_without_health_addresses_ends_by_signal_too(
    role: Callable[..., Role],
) -> None:
    """A role that serves itself is stopped in the same order."""
    running = role("alone")
    running.process.terminate()
    assert running.end()[0] == 0
    assert running.diary() == ["running", "told to stop", "tidied up", "returned"]


def test_a_failing_role_ends_the_process(role: Callable[..., Role], until: Until) -> None:
    """What the role raises comes out; the health addresses do not outlive it."""
    running = role("failing")
    until(lambda: running.ask("/healthz")[0] == 200, "it answers")
    (running.folder / "fail").touch()
    code, output = running.end()
    assert code == 1
    assert "ArithmeticError: the sums do not add up" in output
    assert running.ask("/healthz")[0] == 0


def test_a_role_that_ends_by_itself_ends_the_process(role: Callable[..., Role]) -> None:
    """Nothing is left serving when the work is over."""
    assert role("short").end()[0] == 0


def test_a_taken_port_is_named(start: Start, tmp_path: Path) -> None:
    """The error names the address and the settings to change; the role is not left running."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        running = Role(start, tmp_path, port, "steady")
        code, output = running.end()
    assert code == 1
    assert f"127.0.0.1:{port}" in output
    assert "PRODUCTOPS_METRICS_PORT" in output
    assert not {"told to stop", "returned"} & set(running.diary())


def test_the_health_check_of_an_image_asks_these_addresses(
    role: Callable[..., Role], until: Until
) -> None:
    """``workers.runtime.health_check`` finds the role by its port and tells that it moves."""
    running = role("steady")
    until(lambda: running.ask("/healthz")[0] == 200, "it answers")
    from workers.runtime.health_check import check

    assert check([("scripted", running.port)]) == (True, "scripted alive")
    (running.folder / "stuck").touch()
    assert check([("scripted", running.port)]) == (False, "scripted stuck")


def test_a_role_that_does_not_stop_is_ended(role: Callable[..., Role]) -> None:
    """Some time after the signal, with a line in the log that says where it stood."""
    running = role("deaf")
    running.process.send_signal(signal.SIGTERM)
    code, output = running.end()
    assert code == 1
    assert running.diary() == ["running", "told to stop"]
    late = json.loads(output.splitlines()[-1])
    assert late["event"] == "role_stop_late"
    assert "MainThread" in late["stacks"]
    assert "in wait_for_ever" in late["stacks"]


BLOCKING = pytest.mark.parametrize(
    ("manner", "culprit"), [("busy", "calculate_for_ever"), ("locked", "take_a_lock_twice")]
)


@BLOCKING
def test_a_blocked_event_loop_does_not_hide_the_signal(
    role: Callable[..., Role], manner: str, culprit: str
) -> None:
    """The time to stop runs although the loop cannot tell the role."""
    running = role(manner)
    running.process.send_signal(signal.SIGTERM)
    code, output = running.end()
    assert code == 1
    late = json.loads(output.splitlines()[-1])
    assert late["event"] == "role_stop_late"
    assert f"in {culprit}" in late["stacks"]


@BLOCKING
def test_a_role_that_blocks_the_event_loop_ends_by_itself(
    role: Callable[..., Role], manner: str, culprit: str
) -> None:
    """Nobody sends a signal: it ends with exit code 1, and its log names who holds the loop."""
    code, output = role(manner, STUCK_SOON).end()
    assert code == 1
    stuck = json.loads(output.splitlines()[-1])
    assert stuck["event"] == "process_stuck"
    assert f"in {culprit}" in stuck["stacks"]


def test_a_role_whose_task_waits_for_ever_ends_by_itself(role: Callable[..., Role]) -> None:
    """It ends with exit code 1, and its log names the task and the whole chain that waits."""
    code, output = role("waiting", STUCK_SOON).end()
    assert code == 1
    stuck = json.loads(output.splitlines()[-1])
    assert stuck["event"] == "process_stuck"
    _, _, told = stuck["stacks"].partition("\ntask task-3\n")
    chain = told.partition("\ntask ")[0]
    assert re.findall(r'role_process\.py", line \d+, in (\w+)', chain) == [
        "work",
        "chunks",
        "wait_for_ever",
    ]
    assert "waits for task task-3" in stuck["stacks"]


@pytest.mark.parametrize("told_to_stop", [False, True], ids=["by itself", "told to stop"])
def test_a_role_whose_log_nobody_reads_ends_too(
    role: Callable[..., Role], *, told_to_stop: bool
) -> None:
    """Who is stuck in writing to a full pipe cannot say so, and ends with exit code 1 as well."""
    running = role("talking") if told_to_stop else role("talking", STUCK_SOON)
    if told_to_stop:
        running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(60) == 1
