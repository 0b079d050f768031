"""The shell scripts behind ``make install`` and ``make clean``, run for real."""

import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VENV_SCRIPT = ROOT / "scripts" / "venv.sh"

FakePython = Callable[..., None]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A search path that holds nothing but what the script itself needs."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in ("ls", "touch", "mkdir"):
        (folder / tool).symlink_to(shutil.which(tool) or "")
    return folder


@pytest.fixture
def fake_python(programs: Path) -> FakePython:
    """Puts a Python of some version on the path; it records what it is asked to make."""

    def make(name: str, version: str, *, ensurepip: bool = True) -> None:
        script = programs / name
        script.write_text(
            f"""#!/bin/sh
            case "$*" in
                *version_info*) echo {version} ;;
                *ensurepip*) {"exit 0" if ensurepip else "exit 1"} ;;
                "-m venv --clear "*) mkdir -p "$4"; touch "$4/made-by-{name}" ;;
                *) exit 1 ;;
            esac
            """,
            encoding="utf-8",
        )
        script.chmod(0o755)

    return make


@pytest.fixture
def make_venv(programs: Path, tmp_path: Path) -> Run:
    """Runs the script with nothing but those programs."""

    def run(**environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [VENV_SCRIPT, tmp_path / "venv"],
            env={"PATH": str(programs), **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_the_oldest_supported_python_is_taken_first(
    fake_python: FakePython, make_venv: Run, tmp_path: Path
) -> None:
    """With several Pythons there, the one the project is developed on makes the environment."""
    fake_python("python3.13", "3.13.1")
    fake_python("python3.11", "3.11.2")
    assert make_venv().returncode == 0
    assert (tmp_path / "venv" / "made-by-python3.11").exists()


def test_a_plain_python3_of_a_supported_version_is_enough(
    fake_python: FakePython, make_venv: Run, tmp_path: Path
) -> None:
    """A machine whose only name is python3 works."""
    fake_python("python3", "3.12.8")
    assert make_venv().returncode == 0
    assert (tmp_path / "venv" / "made-by-python3").exists()


def test_a_named_python_is_preferred(
    fake_python: FakePython, make_venv: Run, tmp_path: Path
) -> None:
    """PYTHON=... decides."""
    fake_python("python3.11", "3.11.2")
    fake_python("mine", "3.13.0")
    assert make_venv(PYTHON="mine").returncode == 0
    assert (tmp_path / "venv" / "made-by-mine").exists()


def test_a_python_that_cannot_make_environments_is_passed_over(
    fake_python: FakePython, make_venv: Run, tmp_path: Path
) -> None:
    """A Debian without python3.11-venv but with another complete Python is used."""
    fake_python("python3.11", "3.11.2", ensurepip=False)
    fake_python("python3.12", "3.12.8")
    assert make_venv().returncode == 0
    assert (tmp_path / "venv" / "made-by-python3.12").exists()


def test_a_missing_ensurepip_names_the_debian_package(
    fake_python: FakePython, make_venv: Run
) -> None:
    """Debian splits venv off: the message says which package brings it."""
    fake_python("python3", "3.11.2", ensurepip=False)
    ended = make_venv()
    assert ended.returncode == 1
    assert "python3 is Python 3.11.2" in ended.stderr
    assert "apt-get install python3.11-venv" in ended.stderr


@pytest.mark.parametrize("version", ["3.9.2", "3.10.12", "3.14.0", "2.7.18"])
def test_an_unsupported_python_is_named_with_the_remedy(
    fake_python: FakePython, make_venv: Run, version: str
) -> None:
    """Too old or too new: what was found, what is needed, how to get it."""
    fake_python("python3", version)
    ended = make_venv()
    assert ended.returncode == 1
    assert f"Python 3.11, 3.12 or 3.13 is needed. Found: python3 is {version}." in ended.stderr
    assert "make install PYTHON=" in ended.stderr


def test_no_python_at_all_is_said_plainly(make_venv: Run) -> None:
    """Nothing found: no list of findings, only the need and the remedy."""
    ended = make_venv()
    assert ended.returncode == 1
    assert ended.stderr.startswith("Python 3.11, 3.12 or 3.13 is needed.\n")


def test_a_folder_that_is_no_environment_is_left_alone(
    fake_python: FakePython, make_venv: Run, tmp_path: Path
) -> None:
    """Somebody's own files under the name are never cleared."""
    fake_python("python3.11", "3.11.2")
    precious = tmp_path / "venv" / "thesis.txt"
    precious.parent.mkdir()
    precious.write_text("years of work", encoding="utf-8")
    ended = make_venv()
    assert ended.returncode == 1
    assert "is no virtual environment" in ended.stderr
    assert precious.read_text(encoding="utf-8") == "years of work"


def test_an_environment_whose_python_is_gone_is_made_anew(
    fake_python: FakePython, make_venv: Run, tmp_path: Path
) -> None:
    """After an upgrade of the system the dangling link does not stop the next make."""
    fake_python("python3.12", "3.12.8")
    venv = tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "pyvenv.cfg").touch()
    (venv / "bin" / "python").symlink_to(tmp_path / "gone")
    assert make_venv().returncode == 0
    assert (venv / "made-by-python3.12").exists()


def test_a_working_environment_is_kept(make_venv: Run, tmp_path: Path) -> None:
    """A second call does nothing, even with no Python on the path."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    site = next((tmp_path / "venv" / "lib").glob("python3.*")) / "site-packages"
    (site / "pip").mkdir()
    (site / "pip" / "__init__.py").touch()
    (site / "pip" / "__main__.py").touch()
    ended = make_venv()
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with things that were made in it, and configuration of its owner."""
    folder = tmp_path / "checkout"
    for path in (
        "scripts",
        "config",
        ".venv/bin",
        ".productops/kafka",
        "workers/__pycache__",
    ):
        (folder / path).mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "clean.sh", folder / "scripts")
    for file in ("config/team.yaml", ".env", "workers/main.py", ".productops/archive.sqlite"):
        (folder / file).write_text("x", encoding="utf-8")
    return folder


def clean(checkout: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the script without a terminal."""
    return subprocess.run(
        [checkout / "scripts" / "clean.sh", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_clean_removes_what_was_made_and_nothing_else(checkout: Path) -> None:
    """Environment, state and caches go; source, configuration and secrets stay."""
    ended = clean(checkout, "--yes")
    assert ended.returncode == 0, ended.stderr
    left = sorted(path.relative_to(checkout).as_posix() for path in checkout.rglob("*"))
    assert left == [
        ".env",
        "config",
        "config/team.yaml",
        "scripts",
        "scripts/clean.sh",
        "workers",
        "workers/main.py",
    ]


def test_clean_without_a_terminal_lists_and_refuses(checkout: Path) -> None:
    """It shows what it would remove, names the flag, and removes nothing."""
    ended = clean(checkout)
    assert ended.returncode == 1
    assert ".venv" in ended.stdout
    assert "make clean YES=1" in ended.stderr
    assert (checkout / ".productops" / "archive.sqlite").exists()


@pytest.mark.parametrize(("answer", "removed"), [("y", True), ("n", False), ("", False)])
def test_clean_asks_on_a_terminal(checkout: Path, answer: str, *, removed: bool) -> None:
    """Only a yes removes; Enter alone does not."""
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    subprocess.run(
        [checkout / "scripts" / "clean.sh"], stdin=theirs, capture_output=True, check=True
    )
    os.close(theirs)
    os.close(ours)
    assert (checkout / ".venv").exists() is not removed


def test_clean_in_a_fresh_checkout_has_nothing_to_do(checkout: Path) -> None:
    """A second clean says so."""
    clean(checkout, "--yes")
    assert clean(checkout).stdout == "Nothing to remove.\n"


def test_clean_refuses_while_a_broker_runs_on_the_state(checkout: Path) -> None:
    """The files of a running broker are not taken away under it."""
    broker = subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()", "kafka.Kafka"],
        stdin=subprocess.PIPE,
    )
    try:
        owner = checkout / ".productops" / "kafka" / "owner.json"
        owner.write_text(f'{{"pid": {broker.pid}, "port": 19092}}', encoding="utf-8")
        ended = clean(checkout, "--yes")
    finally:
        broker.communicate()
    assert ended.returncode == 1
    assert f"process {broker.pid}" in ended.stderr
    assert (checkout / ".venv").exists()


def test_clean_is_not_held_up_by_a_reused_process_number(checkout: Path) -> None:
    """A record of a broker that is gone does not count, whoever has its number now."""
    owner = checkout / ".productops" / "kafka" / "owner.json"
    owner.write_text(f'{{"pid": {os.getpid()}, "port": 19092}}', encoding="utf-8")
    assert clean(checkout, "--yes").returncode == 0
