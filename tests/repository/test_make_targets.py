"""The Makefile: what it lists is what it has, and it stays inside the checkout."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def make(*arguments: str, **environment: str) -> str:
    """Standard output of make."""
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_help_lists_every_target() -> None:
    """`make` alone shows each target a person may call, once, with what it does."""
    listed = re.findall(r"^  make (\w+) +\S.*$", make(), flags=re.MULTILINE)
    declared = re.findall(
        r"^\.PHONY: (\w+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    assert listed == declared
    assert {"help", "install", "demo", "test", "check", "kafka", "lock", "clean"} <= set(listed)


def test_the_environment_comes_from_the_locks_alone(tmp_path: Path) -> None:
    """Every download is checked against a locked hash; the project itself asks no index."""
    commands = make("--dry-run", "install", PRODUCTOPS_VENV=str(tmp_path / "venv"))
    installs = [line for line in commands.splitlines() if " install " in line]
    assert len(installs) == 2
    assert "--require-hashes --requirement requirements/runtime.lock" in installs[0]
    assert "--no-index --no-deps --no-build-isolation --editable ." in installs[1]


def test_a_second_install_does_nothing(tmp_path: Path) -> None:
    """Stamps newer than the locks and the project's declaration mean: all is there."""
    venv = tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)
    for stamp in ("bin/python", ".runtime", ".development"):
        (venv / stamp).touch()
    for target in ("install", "demo", "test"):
        commands = make("--dry-run", target, PRODUCTOPS_VENV=str(venv))
        assert "pip" not in commands


def test_downloads_are_kept_inside_the_checkout() -> None:
    """Pip's cache lies in the state folder unless somebody set another."""
    database = make("--dry-run", "--print-data-base", "help")
    assert "PIP_CACHE_DIR = $(CURDIR)/.productops/cache/pip" in database
