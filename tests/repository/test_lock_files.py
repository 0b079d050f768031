"""The lock files: complete, hashed, without an index, and agreeing with each other."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
RUNTIME = ROOT / "requirements" / "runtime.lock"
IMAGE = ROOT / "requirements" / "image.lock"
DEVELOPMENT = ROOT / "requirements" / "dev.lock"


def pinned(lock: Path) -> dict[str, str]:
    """``name; marker`` -> version."""
    entries = re.findall(
        r"^([\w.-]+)(?:\[[\w,-]+\])?==(\S+)(?: ; ([^\\]+?))? \\$",
        lock.read_text(encoding="utf-8"),
        flags=re.MULTILINE,
    )
    return {f"{canonicalize_name(name)}; {marker}": version for name, version, marker in entries}


@pytest.mark.parametrize("lock", [RUNTIME, IMAGE, DEVELOPMENT], ids=lambda path: path.name)
def test_every_pin_has_hashes(lock: Path) -> None:
    """Each entry is followed by at least one SHA-256, and no entry is anything but a pin."""
    text = lock.read_text(encoding="utf-8")
    entries = [block for block in re.split(r"\n(?=\S)", text) if not block.startswith("#")]
    assert len(entries) == len(pinned(lock)) > 50
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("lock", [RUNTIME, IMAGE, DEVELOPMENT], ids=lambda path: path.name)
def test_a_lock_names_no_index(lock: Path) -> None:
    """Where packages come from is each machine's own setting."""
    assert re.findall(r"://|--(?:extra-)?index-url|--find-links", lock.read_text()) == []


@pytest.mark.parametrize("lock", [RUNTIME, IMAGE], ids=lambda path: path.name)
def test_development_runs_what_is_shipped(lock: Path) -> None:
    """What tests run on has the very versions that a user installs."""
    development = pinned(DEVELOPMENT)
    assert {
        name: version
        for name, version in pinned(lock).items()
        if development.get(name, development.get(f"{name.split(';')[0]}; ")) != version
    } == {}


def test_the_locks_satisfy_the_declared_dependencies() -> None:
    """pyproject.toml and the locks cannot drift apart unnoticed (else: make lock)."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]  # tests run with all there are
    wanted = {
        RUNTIME: project["dependencies"],
        IMAGE: project["dependencies"] + extras["otel"],
        DEVELOPMENT: project["dependencies"] + [one for extra in extras.values() for one in extra],
    }
    unmet = []
    for lock, requirements in wanted.items():
        versions: dict[str, list[str]] = {}
        for name, version in pinned(lock).items():
            versions.setdefault(name.split(";")[0], []).append(version)
        for requirement in map(Requirement, requirements):
            locked = versions.get(canonicalize_name(requirement.name), [])
            if not locked or not all(map(requirement.specifier.contains, locked)):
                unmet.append(f"{lock.name}: {requirement}")
    assert unmet == []
