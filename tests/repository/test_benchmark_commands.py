"""The benchmarks can be started from the environment that `make` installs."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMANDS = sorted(
    path.parent if path.name == "__main__.py" else path
    for pattern in ("*.py", "streaming/__main__.py")
    for path in (ROOT / "benchmarks").glob(pattern)
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda path: path.stem)
def test_each_benchmark_says_how_it_is_used(command: Path) -> None:
    """Nothing that has to be installed by hand is needed to start a benchmark."""
    done = subprocess.run(
        [sys.executable, str(command), "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage:")
