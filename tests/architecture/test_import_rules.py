"""Who may import whom: the contracts of ``pyproject.toml`` hold, and each can fail."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PACKAGES = ("schemas", "connectors", "workers")

TRESPASSES = {
    "schemas is the contract and imports nothing of ours": (
        "schemas/envelope.py",
        "import workers.processor",
    ),
    "connectors know the contract, not the workers": (
        "connectors/base/errors.py",
        "import workers.processor",
    ),
    "decisions about feedback are pure": ("workers/feedback/__init__.py", "import aiokafka"),
    "only connectors speak HTTP to others": ("workers/web/__init__.py", "import httpx"),
    "only the archive knows SQL": ("workers/web/__init__.py", "import sqlalchemy"),
    "only the streaming platform knows Faust": ("workers/delivery/__init__.py", "import faust"),
    "roles speak through topics, never to each other": (
        "workers/delivery/__init__.py",
        "import workers.archive",
    ),
    "the platform knows no role": (
        "workers/streaming/__init__.py",
        "import workers.delivery",
    ),
    "configuration depends on no role and no platform": (
        "workers/config/__init__.py",
        "import workers.streaming",
    ),
    "destinations are used by delivery alone, vendors by ingest alone": (
        "workers/archive/__init__.py",
        "import connectors.destinations",
    ),
    "the command line and the runtime are the outermost layers": (
        "workers/ingest/__init__.py",
        "import workers.cli.main",
    ),
    "the sandbox is for the demo and the tests": (
        "workers/delivery/__init__.py",
        "import connectors.sandbox",
    ),
}
"""Contract -> a file and a line that breaks it."""


def verdicts(folder: Path) -> dict[str, str]:
    """Contract -> ``KEPT`` or ``BROKEN``, as import-linter says of the packages in ``folder``."""
    run = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(folder), "COLUMNS": "200"},
    )
    found = dict(re.findall(r"^(.+?) (KEPT|BROKEN)(?: \(.+\))?$", run.stdout, flags=re.MULTILINE))
    assert found, run.stdout + run.stderr
    return found


@pytest.fixture(scope="module")
def contracts(root: Path) -> list[str]:
    """Names of the declared contracts."""
    declared = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    return [contract["name"] for contract in declared["tool"]["importlinter"]["contracts"]]


def test_every_import_rule_holds(root: Path, contracts: list[str]) -> None:
    """No module imports what its place in the house forbids."""
    assert verdicts(root) == dict.fromkeys(contracts, "KEPT")


def test_every_import_rule_can_fail(root: Path, contracts: list[str], tmp_path: Path) -> None:
    """A trespass against each rule, made in a copy of the source, is found."""
    for package in PACKAGES:
        shutil.copytree(
            root / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(root / "pyproject.toml", tmp_path)
    for file, line in TRESPASSES.values():
        with (tmp_path / file).open("a", encoding="utf-8") as source:
            source.write(f"\n{line}\n")

    assert verdicts(tmp_path) == dict.fromkeys(contracts, "BROKEN")
    assert set(TRESPASSES) == set(contracts)
