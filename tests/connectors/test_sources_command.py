"""``productops sources``."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from workers.cli.main import main

TEAM = "company: Larkfield\npeople:\n  - {id: ana, name: Ana}\n"
ROUTES = """\
receivers:
  - name: all
    slack_webhook: {url: "${SLACK_URL}"}
route: {receiver: all}
"""
SOURCES = """\
sources:
  - name: history
    connector: files
    every: 5m
    since: 30d
    settings:
      path: history.csv
      columns: {id: id, created_at: created}
  - name: gone
    connector: files
    settings: {path: gone.csv}
"""
ROWS = "id,text,created\n1,one,2026-01-01\n2,two,never\n3,three,2026-01-03\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A configuration with two sources, one of which has no file."""
    for name, content in (("team", TEAM), ("routes", ROUTES), ("sources", SOURCES)):
        (tmp_path / f"{name}.yaml").write_text(content)
    (tmp_path / "history.csv").write_text(ROWS)
    return tmp_path


def productops(folder: Path, *arguments: str) -> Result:
    """Run the command."""
    environ = {
        "PRODUCTOPS_CONFIG_DIR": str(folder),
        "PRODUCTOPS_STATE_DIR": str(folder / "state"),
        "SLACK_URL": "https://hooks.slack.com/services/T0/B0/x",
    }
    return CliRunner().invoke(main, ["sources", *arguments], env=environ)


def test_list_names_sources_and_connectors(folder: Path) -> None:
    """As a table for people, as one object for machines."""
    shown = productops(folder, "list")
    assert shown.exit_code == 0, shown.output
    assert [line.split()[:2] for line in shown.stdout.splitlines()] == [
        ["history", "files"],
        ["gone", "files"],
    ]
    found = json.loads(productops(folder, "list", "--json").stdout)
    assert found["sources"][0] == {
        "name": "history",
        "connector": "files",
        "every": "5m",
        "since": "30d",
    }
    assert {each["connector"] for each in found["connectors"]} >= {"files", "zendesk"}


def test_try_prints_events_and_talks_beside_them(folder: Path) -> None:
    """Events as JSON lines on standard output, bad rows and the count on standard error."""
    tried = productops(folder, "try", "history")
    assert tried.exit_code == 0, tried.output
    events = [json.loads(line) for line in tried.stdout.splitlines()]
    assert [event["data"]["text"] for event in events] == ["one", "three"]
    assert events[0]["source"] == "/sources/history"
    assert "history.csv:3: created_at is no time" in tried.stderr
    assert "2 events, 1 records that cannot be read" in tried.stderr


def test_try_stops_at_the_limit(folder: Path) -> None:
    """One event and no more."""
    tried = productops(folder, "try", "history", "--limit", "1")
    assert tried.exit_code == 0
    assert len(tried.stdout.splitlines()) == 1


def test_try_of_an_unknown_source_is_wrong_usage(folder: Path) -> None:
    """The message lists the sources there are."""
    tried = productops(folder, "try", "hisotry")
    assert tried.exit_code == 2
    assert "history, gone" in tried.stderr
    assert productops(folder, "try", "history", "--limit", "0").exit_code == 2


def test_try_of_a_source_that_needs_a_person_says_what_to_do(folder: Path) -> None:
    """Exit code 3 and the remedy; nothing on standard output."""
    tried = productops(folder, "try", "gone")
    assert tried.exit_code == 3
    assert tried.stdout == ""
    assert "no file at gone.csv" in tried.stderr
    assert "fix: correct path" in tried.stderr


def test_a_configuration_that_cannot_be_used_exits_with_3(folder: Path) -> None:
    """All findings at once, each with file and line."""
    (folder / "sources.yaml").write_text(SOURCES.replace("connector: files", "connector: fiels"))
    for arguments in (("list",), ("try", "history")):
        shown = productops(folder, *arguments)
        assert shown.exit_code == 3
        assert "sources.yaml:3" in shown.stderr
