"""A child as a real process: its log, its environment, its ends."""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.runtime.conftest import Until
from workers.runtime.child import Child, ChildSpec
from workers.runtime.supervisor import ChildDiedError, Supervisor

Spec = Callable[..., ChildSpec]

DEAF = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
while True:
    signal.pause()
"""


@pytest.fixture
def spec(tmp_path: Path) -> Spec:
    """A child that runs a piece of Python."""

    def made(code: str, environment: Mapping[str, str] | None = None) -> ChildSpec:
        log = tmp_path / "log" / "made.log"
        return ChildSpec("made", [sys.executable, "-c", code], log, environment or {})

    return made


@pytest.fixture
def run(spec: Spec) -> Iterator[Callable[..., Child]]:
    """Starts a child; it is killed after the test."""
    started: list[Child] = []

    def start(code: str, environment: Mapping[str, str] | None = None) -> Child:
        started.append(Child(spec(code, environment)))
        return started[-1]

    yield start
    for child in started:
        child.kill()


def test_output_goes_to_the_log_and_the_end_of_it_is_told(run: Callable[..., Child]) -> None:
    """Both streams are in one file, whose folder is made; its last lines can be asked for."""
    child = run("import sys; [print(n) for n in range(30)]; sys.stdout.flush(); sys.exit('oh no')")
    assert child.wait(60)
    assert child.exit_code == 1
    assert child.last_lines(3) == "28\n29\noh no"
    assert len(child.last_lines().splitlines()) == 20


def test_a_second_start_appends_to_the_log(run: Callable[..., Child]) -> None:
    """What an earlier run said stays readable."""
    for word in ("first", "second"):
        assert run(f"print({word!r})").wait(60)
    assert run("").last_lines() == "first\nsecond"


def test_a_child_without_a_log_has_no_last_lines(run: Callable[..., Child]) -> None:
    """A log that was removed is told as such instead of failing."""
    child = run("")
    assert child.wait(60)
    child.spec.log_file.unlink()
    assert child.last_lines() == "(no log)"


def test_the_environment_is_ours_and_the_childs_own(run: Callable[..., Child]) -> None:
    """Variables of the specification are added to those that are there."""
    code = "import os; print(os.environ['OF_THE_TEST'], os.environ['PATH'])"
    child = run(code, {"OF_THE_TEST": "blue"})
    assert child.wait(60)
    assert child.last_lines() == f"blue {os.environ['PATH']}"


def test_a_ctrl_c_on_the_terminal_does_not_reach_it(run: Callable[..., Child]) -> None:
    """A child has a session of its own: signals to our group are not for it."""
    child = run("import os; print(os.getsid(0) == os.getpid())")
    assert child.wait(60)
    assert child.last_lines() == "True"


def test_a_running_child_has_no_exit_code(run: Callable[..., Child]) -> None:
    """It is waited for no longer than was said; asked to stop, it ends by SIGTERM."""
    child = run("import signal; signal.pause()")
    assert child.exit_code is None
    assert not child.wait(0.05)
    child.terminate()
    assert child.wait(60)
    assert child.exit_code == -signal.SIGTERM
    child.terminate()  # of no effect on what has ended
    child.kill()


def test_who_ignores_sigterm_can_be_killed(run: Callable[..., Child], until: Until) -> None:
    """``kill`` ends what does not listen, and returns when it has ended."""
    child = run(DEAF)
    until(lambda: child.last_lines() == "deaf", "it does not listen")
    child.terminate()
    assert not child.wait(0.1)
    child.kill()
    assert child.exit_code == -signal.SIGKILL


def test_the_death_of_a_real_child_is_told_with_its_last_words(spec: Spec, until: Until) -> None:
    """Exit code and log come from the process itself."""
    supervisor = Supervisor([spec("raise SystemExit('no such table')")], restart=False)
    supervisor.start()
    (child,) = supervisor.children
    until(lambda: child.exit_code is not None, "it ends")
    with pytest.raises(ChildDiedError, match=r"role made ended with exit code 1.*\nno such table"):
        supervisor.check()
    supervisor.stop()
