"""``productops routes`` and ``productops classify``."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from workers.cli.classify import classify
from workers.cli.routes import routes

TEAM = """
company: Northwind Bikes
people:
  - {id: ana, name: Ana Costa}
areas:
  - {id: billing, name: Billing, owner: ana, keywords: [invoice, refund]}
"""
ROUTES = """
receivers:
  - name: everybody
    slack_webhook: {url: "${NOT_SET_ANYWHERE}"}
  - name: payments
    slack: {channel: "#pay", token: "${NOT_SET_EITHER}"}
route:
  receiver: everybody
  routes:
    - name: money
      match:
        - area = billing
        - kind in (bug, complaint)
      receiver: payments
      owner: area
      due_in: 4h
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A configuration whose secrets are not at hand."""
    (tmp_path / "team.yaml").write_text(TEAM, encoding="utf-8")
    (tmp_path / "routes.yaml").write_text(ROUTES, encoding="utf-8")
    (tmp_path / "sources.yaml").write_text("sources: []\n", encoding="utf-8")
    return tmp_path


def run(folder: Path, *arguments: str, given: str | None = None) -> Result:
    """A command with this configuration."""
    group, *rest = arguments
    command = routes if group == "routes" else classify
    environ = {"PRODUCTOPS_CONFIG_DIR": str(folder)}
    return CliRunner().invoke(command, rest, input=given, env=environ, catch_exceptions=False)


def test_explain_shows_every_route_and_where_it_goes(folder: Path) -> None:
    """Labels with their words, each route with its reason, then the receivers."""
    result = run(folder, "routes", "explain", "--text", "The invoice page crashes")
    assert result.exit_code == 0
    assert "TAKEN         money: area = billing and kind in (bug, complaint)" in result.stdout
    assert "-> payments (money: area = billing and kind in (bug, complaint))" in result.stdout
    assert "owner ana" in result.stdout
    other = run(folder, "routes", "explain", "--text", "How do I get my invoice?")
    assert "kind in (bug, complaint): expected bug or complaint, found question" in other.stdout
    assert "-> everybody (route: default: no other route took it)" in other.stdout


def test_explain_takes_given_fields_before_its_own_opinion(folder: Path) -> None:
    """``--field`` overrules classification, so that a rule can be tried without a text."""
    fields = ("--field", "kind=bug", "--field", "area=billing")
    result = run(folder, "routes", "explain", *fields, "--json")
    told = json.loads(result.stdout)
    assert [target["receiver"] for target in told["targets"]] == ["payments"]
    assert told["fields"]["kind"] == "bug"
    assert [one["outcome"] for one in told["routes"]] == ["entered", "taken"]
    assert told["due_in_seconds"] == 4 * 3600


@pytest.mark.parametrize("field", ["kind", "kind=bgu", "knd=bug", "score.raw=x"])
def test_a_field_that_cannot_be_set_is_wrong_usage(folder: Path, field: str) -> None:
    """Exit code 2, and what may be written."""
    result = run(folder, "routes", "explain", "--field", field)
    assert result.exit_code == 2
    assert "--field" in result.stderr


def test_lint_needs_no_secret_and_names_doubts(folder: Path) -> None:
    """Sound rules are exit code 0; doubts are told, and fail only when asked to."""
    assert run(folder, "routes", "lint").exit_code == 0
    doubtful = ROUTES.replace("      receiver: payments\n", "")
    (folder / "routes.yaml").write_text(doubtful, encoding="utf-8")
    result = run(folder, "routes", "lint")
    assert result.exit_code == 0
    assert "receiver payments: unused-receiver" in result.stdout
    assert run(folder, "routes", "lint", "--strict").exit_code == 1
    told = json.loads(run(folder, "routes", "lint", "--json").stdout)
    assert [doubt["code"] for doubt in told["doubts"]] == ["unused-receiver"]


def test_wrong_rules_are_a_configuration_error(folder: Path) -> None:
    """Exit code 3 with file, line and remedy; with ``--json`` as JSON on standard output."""
    (folder / "routes.yaml").write_text(ROUTES.replace("= billing", "= biling"), encoding="utf-8")
    result = run(folder, "routes", "lint")
    assert result.exit_code == 3
    assert "routes.yaml:12:" in result.stderr
    assert "did you mean billing?" in result.stderr
    as_json = run(folder, "routes", "explain", "--json")
    assert as_json.exit_code == 3
    assert json.loads(as_json.stdout)["findings"][0]["line"] == 12


def test_classify_answers_line_by_line(folder: Path) -> None:
    """One answer a line in its order; a line that cannot be read answers with an error."""
    lines = [
        '{"id": 1, "text": "my invoice page crashes"}',
        "",
        "not json",
        '{"text": 5}',
        '{"text": "thanks, great work!", "tags": ["x"], "more": true}',
    ]
    result = run(folder, "classify", given="\n".join(lines))
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 1
    assert [answer.get("kind") for answer in answers] == ["bug", None, None, "praise"]
    assert (answers[0]["id"], answers[0]["area"]) == (1, "billing")
    assert answers[1]["error"].startswith("line 3:")
    assert "text" in answers[2]["error"]


def test_classify_works_without_a_configuration(tmp_path: Path) -> None:
    """Product areas need team.yaml; everything else does not."""
    result = run(tmp_path, "classify", given='{"text": "it crashes"}\n')
    assert (result.exit_code, json.loads(result.stdout)["area"]) == (0, None)
    assert "no team.yaml" in result.stderr


def test_importing_the_factory_loads_no_model() -> None:
    """A process that only asks for the factory has neither numpy nor a lexicon."""
    code = (
        "import sys, workers.feedback.factory, workers.cli.routes, workers.cli.classify\n"
        "print([m for m in ('numpy', 'py3langid', 'vader') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
