"""What tests of processes need: conditions that are waited for, free ports, clean ends."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import psutil
import pytest

from tests.own_ports import own_ports

REPOSITORY = Path(__file__).resolve().parents[2]
_LIMIT_SECONDS = 60.0
_POLL_SECONDS = 0.02

Until = Callable[[Callable[[], bool], str], None]
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def until() -> Until:
    """Polls until a condition holds; fails the test, saying what did not come to pass."""

    def wait(condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + _LIMIT_SECONDS
        pause = time.sleep
        while not condition():
            assert time.monotonic() < deadline, f"not within {_LIMIT_SECONDS:.0f} s: {what}"
            pause(_POLL_SECONDS)

    return wait


@pytest.fixture
def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses."""
    return own_ports()


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a process whose output is read as text; what still runs after the test is ended."""
    started: list[subprocess.Popen[str]] = []

    def run(
        command: Sequence[str], environ: Mapping[str, str] | None = None
    ) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), **(environ or {})},
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def reaper() -> Iterator[list[int]]:
    """Ids of processes that are killed after the test, should they still run."""
    pids: list[int] = []
    yield pids
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def gone() -> Callable[[int], bool]:
    """Whether a process has ended (nobody may have asked for its exit code yet)."""

    def ended(pid: int) -> bool:
        try:
            return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
        except psutil.NoSuchProcess:
            return True

    return ended
