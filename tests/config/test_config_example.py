"""The example configuration and the page about configuration."""

import re
import subprocess
import sys
from pathlib import Path

import yaml

from connectors.base.registry import CONNECTORS
from workers.config.findings import Code
from workers.config.load import FILES, load
from workers.config.model_fields import fields_of

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "deploy" / "example"
PAGE = ROOT / "docs" / "configuration.md"


def variables() -> dict[str, str]:
    """What ``.env.example`` sets."""
    lines = (EXAMPLE / ".env.example").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_the_example_is_sound() -> None:
    """The example passes the check with the variables of its .env.example."""
    configuration = load(EXAMPLE, variables())
    assert len(configuration.team.people) == 6
    assert {source.connector for source in configuration.sources} == {"zendesk", "files"}


def test_the_example_names_its_variables() -> None:
    """``.env.example`` holds exactly the variables that the files refer to."""
    text = "".join(
        line
        for name in FILES
        for line in (EXAMPLE / name).read_text("utf-8").splitlines(keepends=True)
        if not line.lstrip().startswith("#")
    )
    assert set(re.findall(r"\$\{(\w+)\}", text)) == set(variables())


def test_the_history_of_the_example_has_its_columns() -> None:
    """The columns that the example maps stand in its file."""
    source = load(EXAMPLE, variables()).source("survey-2025")
    assert source is not None
    head = (EXAMPLE / source.settings["path"]).read_text("utf-8").splitlines()[0]
    assert set(source.settings["columns"].values()) <= set(head.split(","))


def test_the_page_is_current() -> None:
    """``docs/configuration.md`` is what its generator makes."""
    made = subprocess.run(
        [sys.executable, "-c", "import configuration_page as c, sys; sys.stdout.write(c.page())"],
        cwd=ROOT / "docs" / "generate",
        capture_output=True,
        check=True,
        env={"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
    )
    assert made.stdout.decode() == PAGE.read_text("utf-8"), "run: make generate"


def test_the_page_holds_every_field_and_code() -> None:
    """Each top field of each file, each connector's setting and each code has its row."""
    page = PAGE.read_text("utf-8")
    models = [*FILES.values(), *(spec.settings for spec in CONNECTORS.values())]
    for model in models:
        for name in fields_of(model):
            assert f"\n| `{name}` | " in page
    for code in Code:
        assert f"\n| `{code}` | " in page


def test_yaml_of_the_page_is_yaml() -> None:
    """Every YAML block of the page can be read."""
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert blocks
    for block in blocks:
        assert yaml.safe_load(block)
