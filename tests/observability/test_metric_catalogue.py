"""The catalogue of metrics against what a scrape shows."""

import re
from collections.abc import Iterable
from itertools import product

import pytest
from prometheus_client import generate_latest
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.parser import text_string_to_metric_families

from workers.observability.catalogue import (
    CATALOGUE,
    RECEIVER,
    SOURCE,
    SOURCE_ERROR,
    Instrument,
    Metric,
    metric_named,
)
from workers.observability.metrics import Metrics

NAMES = [metric.name for metric in CATALOGUE]


def scrape(metrics: Metrics) -> dict[str, Family]:
    """What Prometheus would read, by the name under which it is declared."""
    families = text_string_to_metric_families(generate_latest(metrics.registry).decode())
    return {
        f"{family.name}_total" if family.type == "counter" else family.name: family
        for family in families
    }


def touched() -> Metrics:
    """Metrics of which every declared series has been used once."""
    metrics = Metrics()
    for metric in CATALOGUE:
        values = [label.values[0] if label.values else "billing" for label in metric.labels]
        match metric.instrument:
            case Instrument.COUNTER:
                metrics.counter(metric.name, *values).inc()
            case Instrument.GAUGE:
                metrics.gauge(metric.name, *values).set(3)
            case Instrument.HISTOGRAM:
                metrics.histogram(metric.name, *values).observe(0.5)
    return metrics


def label_sets(family: Family) -> Iterable[dict[str, str]]:
    """Labels of all series of a family."""
    return (sample.labels for sample in family.samples)


def test_a_scrape_shows_exactly_the_declared_metrics() -> None:
    """Every metric of the catalogue is exposed under its name, and nothing else is."""
    assert sorted(scrape(touched())) == sorted(NAMES)


@pytest.mark.parametrize("metric", CATALOGUE, ids=NAMES)
def test_a_metric_is_exposed_as_declared(metric: Metric) -> None:
    """Help, kind and label names stand in the scrape as in the catalogue."""
    family = scrape(touched())[metric.name]
    assert family.documentation == metric.help != ""
    assert family.type == metric.instrument.value
    declared = {label.name for label in metric.labels}
    assert all(labels.keys() - {"le"} == declared for labels in label_sets(family))


def test_a_name_is_declared_once() -> None:
    """No two entries of the catalogue share a name."""
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("metric", CATALOGUE, ids=NAMES)
def test_a_name_tells_what_is_measured(metric: Metric) -> None:
    """Names begin with the product, counters end in _total, the unit is a word of the name."""
    assert re.fullmatch(r"productops_[a-z]+(_[a-z]+)*", metric.name)
    assert metric.name.endswith("_total") == (metric.instrument is Instrument.COUNTER)
    if metric.unit and metric.instrument is not Instrument.COUNTER:
        assert metric.unit in metric.name.split("_")


@pytest.mark.parametrize("metric", CATALOGUE, ids=NAMES)
def test_time_is_measured_in_seconds(metric: Metric) -> None:
    """A length of time or a moment is in seconds and says so at the end of its name."""
    timed = metric.unit == "seconds"
    assert metric.name.removesuffix("_total").endswith("_seconds") == timed
    assert not re.search(r"_(ms|millis|milliseconds|minutes|hours|days)(_|$)", metric.name)


@pytest.mark.parametrize(
    "metric", [one for one in CATALOGUE if one.instrument is Instrument.HISTOGRAM], ids=str
)
def test_a_histogram_has_rising_buckets(metric: Metric) -> None:
    """The buckets of a histogram are declared and rise."""
    assert metric.buckets
    assert list(metric.buckets) == sorted(set(metric.buckets))


def test_an_unknown_name_is_refused() -> None:
    """A metric that nobody declared cannot be counted; the error names it and the catalogue."""
    with pytest.raises(LookupError, match=r"productops_nosuch_total.*catalogue"):
        Metrics().counter("productops_nosuch_total")
    with pytest.raises(LookupError, match=r"productops_nosuch_total.*catalogue"):
        metric_named("productops_nosuch_total")


def test_a_value_outside_of_a_closed_set_is_refused() -> None:
    """A label value that was not declared makes no series; the error names the allowed ones."""
    metrics = Metrics()
    with pytest.raises(LookupError, match=r"error_class has no value 'weird'.*transient"):
        metrics.counter("productops_source_errors_total", "support", "weird")
    assert "weird" not in generate_latest(metrics.registry).decode()


def test_a_configured_label_takes_the_names_of_the_configuration() -> None:
    """A label without a closed set takes any name: those of sources and receivers."""
    metrics = Metrics()
    metrics.counter("productops_source_errors_total", "support", "transient").inc(2)
    (sample,) = [
        sample
        for sample in scrape(metrics)["productops_source_errors_total"].samples
        if sample.labels == {"source": "support", "error_class": "transient"}
    ]
    assert sample.value == 2


def test_series_of_closed_sets_exist_before_anything_happens() -> None:
    """The first error is a step from 0 to 1, not the birth of a series."""
    family = scrape(Metrics())["productops_stage_events_failed_total"]
    labels = {(one["stage"], one["error_class"]) for one in label_sets(family)}
    assert ("feedback", "decode") in labels
    assert ("connectors", "oversized") in labels
    assert {sample.value for sample in family.samples} == {0.0}


def test_series_of_expected_names_exist_before_anything_happens() -> None:
    """So is the first failure of a receiver or a source; a gauge without a value is not made up."""
    metrics = Metrics()
    metrics.expect(RECEIVER, ["triage", "billing"])
    metrics.expect(SOURCE, ["desk"])
    scraped = scrape(metrics)
    settled = scraped["productops_messages_settled_total"]
    assert {(one["receiver"], one["outcome"]) for one in label_sets(settled)} == set(
        product(("triage", "billing"), ("delivered", "failed", "expired"))
    )
    assert {sample.value for sample in settled.samples} == {0.0}
    errors = scraped["productops_source_errors_total"]
    assert {one["error_class"] for one in label_sets(errors)} == set(SOURCE_ERROR.values)
    (dead,) = scraped["productops_source_dead_records_total"].samples
    assert (dead.labels, dead.value) == ({"source": "desk"}, 0.0)
    assert scraped["productops_source_up"].samples == []


def test_a_forgotten_series_is_gone_and_may_be_forgotten_twice() -> None:
    """A partition that belongs to somebody else now is no longer reported."""
    metrics = Metrics()
    metrics.gauge("productops_stage_lag_events", "feedback", "3").set(7)
    metrics.gauge("productops_stage_lag_events", "feedback", "2").set(5)
    metrics.forget("productops_stage_lag_events", "feedback", "3")
    metrics.forget("productops_stage_lag_events", "feedback", "3")
    left = scrape(metrics)["productops_stage_lag_events"].samples
    assert [(sample.labels["partition"], sample.value) for sample in left] == [("2", 5.0)]


def test_two_roles_do_not_share_a_registry() -> None:
    """What is counted in one registry does not show in another."""
    one, other = Metrics(), Metrics()
    one.counter("productops_source_records_total", "support").inc()
    assert "support" not in generate_latest(other.registry).decode()
