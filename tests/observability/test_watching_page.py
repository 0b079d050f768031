"""What the operations page says about metrics, against the catalogue."""

import re
from pathlib import Path

import pytest
import yaml

from workers.observability.catalogue import Instrument, metric_named

PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
NAME = r"productops_[a-z_]+[a-z]"
(RULES,) = [
    yaml.safe_load(block)
    for block in re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
    if block.startswith("groups:")
]
EXPRESSIONS = {rule["alert"]: rule["expr"] for rule in RULES["groups"][0]["rules"]}


def declared(name: str) -> set[str]:
    """Labels of a series of this name; raises ``LookupError`` where there is none."""
    base = name.removesuffix("_bucket")
    metric = metric_named(base)
    bucket = {"le"} if base != name and metric.instrument is Instrument.HISTOGRAM else set()
    return {label.name for label in metric.labels} | bucket


def test_every_metric_on_the_page_exists() -> None:
    """A name that is explained or alerted on is one that is served."""
    names = set(re.findall(rf"\b{NAME}\b", PAGE))
    assert len(names) > 15
    for name in names:
        assert declared(name), name


@pytest.mark.parametrize("alert", EXPRESSIONS)
def test_an_alert_asks_for_labels_that_there_are(alert: str) -> None:
    """What is selected and grouped by are labels of the metric, with values that it has."""
    expression = EXPRESSIONS[alert]
    (*_, name) = names = re.findall(NAME, expression)
    assert len({frozenset(declared(one)) for one in names}) == 1
    grouped = [one for found in re.findall(r"by \((.*?)\)", expression) for one in found.split(",")]
    selected = re.findall(r'(\w+)!?="(\w+)"', expression)
    assert {one.strip() for one in grouped} | {label for label, _ in selected} <= declared(name)
    values = {
        label.name: label.values for label in metric_named(name.removesuffix("_bucket")).labels
    }
    assert [value for label, value in selected if value not in values[label]] == []
