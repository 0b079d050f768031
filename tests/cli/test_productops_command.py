"""The ``productops`` command itself: what it offers, how it refuses, what it loads."""

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import click
import psutil
import pytest
from click.testing import CliRunner, Result

from workers import __version__
from workers.cli.main import main
from workers.runtime.roles import ROLES
from workers.streaming.broker.ownership import Owner, write_owner

PROMISED = ["archive", "check", "classify", "demo", "kafka", "routes", "run", "sources", "topics"]


def productops(folder: Path, *arguments: str, **environ: str) -> Result:
    """The command in an environment of its own; no Kafka is given."""
    env = {
        "PRODUCTOPS_STATE_DIR": str(folder / "state"),
        "PRODUCTOPS_CONFIG_DIR": str(folder / "config"),
        "KAFKA_BOOTSTRAP_SERVERS": None,
        **environ,
    }
    return CliRunner().invoke(main, arguments, env=env, catch_exceptions=False)


def test_the_promised_commands_are_there(tmp_path: Path) -> None:
    """Help names each with what it does, and each can be loaded."""
    result = productops(tmp_path, "--help")
    assert result.exit_code == 0
    listed = {line.split()[0]: line.split()[1:] for line in result.output.splitlines() if line}
    for name in PROMISED:
        assert listed[name], f"{name} says what it does"
        assert productops(tmp_path, name, "--help").exit_code == 0


def test_every_listed_command_is_a_module_of_its_name() -> None:
    """The table of commands and the files agree."""
    context = click.Context(main)
    for name in main.list_commands(context):
        module = importlib.import_module(f"workers.cli.{name}")
        assert getattr(module, name) is main.get_command(context, name)


def test_help_loads_no_command() -> None:
    """It is there at once: neither commands nor what they stand on are imported for it."""
    code = (
        "import json, sys\n"
        "from workers.cli.main import main\n"
        "main(['--help'], standalone_mode=False)\n"
        "print(json.dumps(sorted(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    ours = {name for name in loaded if name.startswith(("workers.", "connectors", "schemas"))}
    assert ours == {"workers.cli", "workers.cli.main"}
    assert not loaded & {"kafka", "faust", "sqlalchemy", "pydantic", "fastapi", "rich"}


def test_the_version_is_told(tmp_path: Path) -> None:
    """``--version`` names program and version."""
    result = productops(tmp_path, "--version")
    assert result.exit_code == 0
    assert result.output.startswith("productops")
    assert __version__ in result.output


@pytest.mark.parametrize(
    ("typed", "meant"), [("topcs", "topics"), ("route", "routes"), ("kafak", "kafka")]
)
def test_a_mistyped_command_is_recognised(tmp_path: Path, typed: str, meant: str) -> None:
    """Wrong usage, exit code 2, with what was probably meant."""
    result = productops(tmp_path, typed)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert f"No such command {typed!r}. Did you mean {meant!r}?" in result.stderr


def test_a_strange_command_is_refused(tmp_path: Path) -> None:
    """Where nothing is near, nothing is guessed."""
    result = productops(tmp_path, "xyzzy")
    assert result.exit_code == 2
    assert "Did you mean" not in result.stderr


def test_an_unknown_role_is_refused_before_anything_else(tmp_path: Path) -> None:
    """Exit code 2 with the roles there are, though neither Kafka nor configuration is there."""
    result = productops(tmp_path, "run", "nosuchrole")
    assert result.exit_code == 2
    assert "no role 'nosuchrole'" in result.stderr
    for role in ROLES:
        assert role in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [["run"], ["run", "web"], ["kafka", "status"], ["topics", "plan"], ["demo"]],
    ids=" ".join,
)
def test_bad_settings_are_a_configuration_error(tmp_path: Path, arguments: list[str]) -> None:
    """Exit code 3, every bad variable named, nothing on standard output."""
    result = productops(
        tmp_path, *arguments, PRODUCTOPS_WEB_PORT="http", KAFKA_SECURITY_PROTOCOL="TLS"
    )
    assert result.exit_code == 3
    assert result.stdout == ""
    assert "PRODUCTOPS_WEB_PORT='http'" in result.stderr
    assert "KAFKA_SECURITY_PROTOCOL='TLS'" in result.stderr


def test_a_bad_configuration_stops_a_run(tmp_path: Path) -> None:
    """Exit code 3 with the findings; no broker is started for it."""
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "team.yaml").write_text("people: 7\n", encoding="utf-8")
    result = productops(tmp_path, "run")
    assert result.exit_code == 3
    assert "team.yaml" in result.stderr
    assert not (tmp_path / "state").exists()


def test_without_kafka_the_way_to_one_is_told(tmp_path: Path) -> None:
    """Exit code 1: the thing failed; the remedy names the variable and the command."""
    result = productops(tmp_path, "topics", "plan")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "KAFKA_BOOTSTRAP_SERVERS" in result.stderr
    assert "productops kafka start" in result.stderr


def test_a_cluster_that_does_not_answer_is_a_failure(tmp_path: Path) -> None:
    """Exit code 1, naming where nobody answered."""
    result = productops(tmp_path, "topics", "plan", KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1")
    assert result.exit_code == 1
    assert "127.0.0.1:1" in result.stderr


def test_a_report_needs_an_end(tmp_path: Path) -> None:
    """A demo that runs for ever writes no report: wrong usage."""
    result = productops(tmp_path, "demo", "--report", str(tmp_path / "report.json"))
    assert result.exit_code == 2
    assert "--report needs --once" in result.stderr


def test_a_port_out_of_range_is_wrong_usage(tmp_path: Path) -> None:
    """Exit code 2, before a broker is tried."""
    assert productops(tmp_path, "kafka", "start", "--port", "80").exit_code == 2
    assert not (tmp_path / "state").exists()


def test_a_broker_without_its_files_says_what_to_do(tmp_path: Path) -> None:
    """Where the cache cannot be made, the start fails in words."""
    blocked = tmp_path / "file"
    blocked.touch()
    result = productops(tmp_path, "kafka", "start", PRODUCTOPS_CACHE_DIR=str(blocked / "cache"))
    assert result.exit_code == 1
    assert str(blocked) in result.stderr


def test_a_second_demo_names_the_first(tmp_path: Path) -> None:
    """One demo a folder: exit code 1, naming the process and where to stop it."""
    ours = Owner(os.getpid(), psutil.Process().create_time(), 19_092)
    folder = tmp_path / "state" / "demo"
    (folder / "kafka").mkdir(parents=True)
    write_owner(folder / "kafka" / "owner.json", ours)
    result = productops(tmp_path, "demo")
    assert result.exit_code == 1
    assert f"a demo runs already in {folder} (its Kafka is process {os.getpid()})" in result.stderr
    assert "Ctrl-C" in result.stderr
