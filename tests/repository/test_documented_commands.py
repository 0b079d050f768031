"""What the documentation tells people to type exists and works."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from workers.cli.main import main

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md"]
PAGES += sorted((ROOT / "docs").rglob("*.md")) + sorted((ROOT / "deploy").rglob("*.md"))

BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
PRODUCTOPS = re.compile(r"\bproductops((?: [a-z][a-z-]+)+)")
MAKE = re.compile(r"`make ([a-z]+)|^make ([a-z]+)", re.MULTILINE)


def commands(text: str) -> set[tuple[str, ...]]:
    """Every `productops ...` that is written as code, as words."""
    code = "\n".join([*BLOCK.findall(text), *re.findall(r"`([^`\n]+)`", text)])
    return {tuple(found.split()) for found in PRODUCTOPS.findall(code)}


def resolve(words: tuple[str, ...]) -> str | None:
    """The first word that is no command where one is expected; ``None`` when all is well."""
    context = click.Context(main)
    command: click.Command = main
    for word in words:
        if not isinstance(command, click.Group):
            return None  # an argument
        found = command.get_command(context, word)
        if found is None:
            return word
        command = found
    return None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_documented_commands_exist(page: Path) -> None:
    """Each `productops ...` and each `make ...` on a page can be typed."""
    text = page.read_text(encoding="utf-8")
    targets = set(re.findall(r"^\.PHONY: (\w+)$", (ROOT / "Makefile").read_text(), re.MULTILINE))
    wrong = [f"productops {' '.join(words)}" for words in commands(text) if resolve(words)]
    wrong += [
        f"make {name}"
        for name in ("".join(found) for found in MAKE.findall(text))
        if name not in targets
    ]
    assert wrong == []


def test_a_command_that_is_not_there_is_noticed() -> None:
    """Neither an unknown command nor an unknown subcommand passes."""
    assert resolve(("kafka", "start")) is None
    assert resolve(("run", "feedback")) is None
    assert resolve(("kafak", "start")) == "kafak"
    assert resolve(("kafka", "begin")) == "begin"


def test_the_readme_begins_with_two_commands_that_ci_runs() -> None:
    """What a newcomer types first is what has to pass before a change lands."""
    blocks = [block.strip() for block in BLOCK.findall((ROOT / "README.md").read_text())]
    assert blocks[:2] == ["make demo", "make test"]
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for command in blocks[:2]:
        assert re.search(rf"make --no-print-directory {command.split()[1]}\b", script)


def test_the_readmes_first_steps_with_ones_own_configuration_work(tmp_path: Path) -> None:
    """Copying the example, checking it and explaining a route work as printed, without secrets."""
    block = next(
        block
        for block in BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
        if "routes explain" in block
    )
    (tmp_path / "deploy").mkdir()
    shutil.copytree(ROOT / "deploy" / "example", tmp_path / "deploy" / "example")
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    steps = [line for line in block.splitlines() if line != "make install"]
    assert len(steps) == 3
    for step in steps:
        done = subprocess.run(
            shlex.split(step),
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (step, done.stderr)
    assert "TAKEN" in done.stdout


def test_every_environment_variable_is_documented() -> None:
    """Each variable that the product reads stands in the table of the operations page."""
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    read = {
        name
        for path in (ROOT / "workers").rglob("*.py")
        for name in re.findall(
            r"\"((?:KAFKA_(?:BOOTSTRAP|SECURITY|SASL|SSL)|PRODUCTOPS)_[A-Z_]*[A-Z])\"",
            path.read_text(encoding="utf-8"),
        )
    }
    own = {"PRODUCTOPS_SAMPLE_DATA"}  # set by the demo for its pages
    assert len(read) > 15
    assert sorted(name for name in read - own if f"`{name.removesuffix('_FILE')}" not in page) == []


def test_generated_pages_are_current() -> None:
    """Configuration, events, metrics and tables are described as the code has them today."""
    done = subprocess.run(
        [sys.executable, "docs/generate", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
