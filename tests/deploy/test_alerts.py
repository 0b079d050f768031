"""The alerts against the metrics that are served, their tests and their page."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from workers.config.settings import Settings
from workers.observability.catalogue import Instrument, metric_named
from workers.runtime.roles import ROLES, metrics_port

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "prometheus"
NAME = r"productops_[a-z_]+[a-z]"
SEVERITIES = {"page", "ticket"}


def _rules(kind: str) -> dict[str, dict[str, Any]]:
    """The rules of a kind by their names."""
    read = yaml.safe_load((FOLDER / "alerts.yaml").read_text(encoding="utf-8"))
    rules = [rule for group in read["groups"] for rule in group["rules"]]
    found = {rule[kind]: rule for rule in rules if kind in rule}
    assert len(found) == sum(kind in rule for rule in rules), "a name is given once"
    return found


ALERTS = _rules("alert")
RECORDED = {name: rule["expr"] for name, rule in _rules("record").items()}
OURS = {name: rule for name, rule in ALERTS.items() if "up{" not in rule["expr"]}


def written_out(expression: str) -> str:
    """The expression with what recorded names stand for."""
    for name, stands_for in RECORDED.items():
        expression = expression.replace(name, f"({stands_for})")
    return expression


def declared(name: str) -> set[str]:
    """Labels of a series of this name; raises ``LookupError`` where there is none."""
    base = name.removesuffix("_bucket")
    metric = metric_named(base)
    bucket = {"le"} if base != name and metric.instrument is Instrument.HISTOGRAM else set()
    return {label.name for label in metric.labels} | bucket


@pytest.mark.parametrize("alert", OURS)
def test_an_alert_asks_for_labels_that_there_are(alert: str) -> None:
    """What is selected, grouped and joined by are labels of the metric, with values it has."""
    expression = written_out(OURS[alert]["expr"])
    (*_, name) = names = re.findall(NAME, expression)
    assert len({frozenset(declared(one)) for one in names}) == 1
    grouped = [
        one for found in re.findall(r"(?:by|on) \((.*?)\)", expression) for one in found.split(",")
    ]
    selected = re.findall(r'(\w+)!?="(\w+)"', expression)
    assert {one.strip() for one in grouped} | {label for label, _ in selected} <= declared(name)
    values = {
        label.name: label.values for label in metric_named(name.removesuffix("_bucket")).labels
    }
    assert [value for label, value in selected if value not in values[label]] == []


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_says_how_urgent_it_is_and_what_has_happened(alert: str) -> None:
    """A severity that is explained on the page, and one sentence with what it is about in it."""
    rule = ALERTS[alert]
    assert rule["labels"].keys() == {"severity"}
    assert rule["labels"]["severity"] in SEVERITIES
    assert "{{" in rule["annotations"]["summary"]


def test_every_alert_has_a_section_and_every_section_an_alert() -> None:
    """Who is called finds the alert on the page by its name."""
    page = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")
    assert re.findall(r"^### (\w+)$", page, flags=re.MULTILINE) == list(ALERTS)
    assert set(re.findall(r"`severity: (\w+)`", page)) == SEVERITIES


def test_every_alert_is_tried() -> None:
    """Each has a test of its own in which it fires."""
    tests = yaml.safe_load((FOLDER / "alerts_test.yaml").read_text(encoding="utf-8"))["tests"]
    named = [re.findall(r"^\w+", test["name"])[0] for test in tests]
    assert named == list(ALERTS)
    for name, test in zip(named, tests, strict=True):
        tried = test["alert_rule_test"]
        assert {one["alertname"] for one in tried} == {name}
        assert any(one["exp_alerts"] for one in tried), name


@pytest.mark.parametrize(
    "command",
    [("check", "config", "prometheus.yaml"), ("test", "rules", "alerts_test.yaml")],
    ids=lambda command: command[0],
)
def test_prometheus_itself_agrees(command: tuple[str, ...]) -> None:
    """The configuration is valid, and every alert fires when it should and only then."""
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("no promtool: it comes with Prometheus")
    done = subprocess.run(
        [promtool, *command], cwd=FOLDER, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_example_scrapes_every_role(tmp_path: Path) -> None:
    """Its targets are where `productops run` serves the metrics of each role."""
    read = yaml.safe_load((FOLDER / "prometheus.yaml").read_text(encoding="utf-8"))
    (job,) = read["scrape_configs"]
    (static,) = job["static_configs"]
    settings = Settings.from_environment({}, cwd=tmp_path)
    ports = {metrics_port(settings, name) for name in ROLES}
    assert set(static["targets"]) == {f"127.0.0.1:{port}" for port in ports}
