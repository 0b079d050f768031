"""The leash: no child outlives the process that started it, however that ended."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.runtime.conftest import Start, Until
from workers.runtime.leash import leashed

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the leash is Linux's")

PARENT = """
import subprocess, sys
from workers.runtime.leash import leashed
child = subprocess.Popen(leashed(sys.argv[1:]), start_new_session=True)
print(child.pid, flush=True)
child.wait()
"""
CHILD = """
import pathlib, signal, sys
pathlib.Path(sys.argv[1]).write_text("up")
signal.pause()
"""


def test_a_child_ends_when_its_parent_is_killed(
    start: Start,
    tmp_path: Path,
    until: Until,
    gone: Callable[[int], bool],
    reaper: list[int],
) -> None:
    """A parent that is ended by SIGKILL can stop nobody; its child ends all the same."""
    up = tmp_path / "up"
    parent = start([sys.executable, "-c", PARENT, sys.executable, "-c", CHILD, str(up)])
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    reaper.append(pid)
    until(up.exists, "the child runs")
    assert not gone(pid)
    parent.send_signal(signal.SIGKILL)
    until(lambda: gone(pid), "the child ends")


def test_no_process_stays_in_between(tmp_path: Path, until: Until, reaper: list[int]) -> None:
    """The process that was started is the command itself: its id, its command line."""
    up = tmp_path / "up"
    command = [sys.executable, "-c", CHILD, str(up)]
    child = subprocess.Popen(leashed(command))
    reaper.append(child.pid)
    until(up.exists, "the child runs")
    process = psutil.Process(child.pid)
    assert process.cmdline() == command
    assert process.children() == []
    child.kill()
    child.wait()


def test_a_child_whose_parent_has_ended_already_runs_nothing(tmp_path: Path) -> None:
    """Between start and leash the parent may end: then the command is not run at all."""
    up = tmp_path / "up"
    nobody = os.getppid()  # not the parent of what is started here
    done = subprocess.run(
        [
            *[sys.executable, "-m", "workers.runtime.leash", str(nobody)],
            *[sys.executable, "-c", CHILD, str(up)],
        ],
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert not up.exists()
