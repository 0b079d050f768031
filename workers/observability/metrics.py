"""The instruments behind the catalogue, made once in a registry that is passed in."""

from collections.abc import Sequence
from itertools import product
from typing import cast

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)

from workers.observability.catalogue import CATALOGUE, Instrument, Label, Metric

__all__ = ["Metrics"]


class Metrics:
    """Counters, gauges and histograms by name.

    Series of closed label sets exist from the start with 0, those of configured names once
    ``expect`` has been told them, so that a rate over the first error is right. Raises
    ``LookupError`` for a name that the catalogue does not have, and for a label value outside of
    its closed set.
    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call] # one more series a counter
        self.registry = registry or CollectorRegistry(auto_describe=True)
        self._instruments: dict[str, Counter | Gauge | Histogram] = {
            metric.name: self._make(metric) for metric in CATALOGUE
        }
        self._labels = {metric.name: metric.labels for metric in CATALOGUE}

    def _make(self, metric: Metric) -> Counter | Gauge | Histogram:
        names = [label.name for label in metric.labels]
        made: Counter | Gauge | Histogram
        match metric.instrument:
            case Instrument.COUNTER:
                made = Counter(metric.name, metric.help, names, registry=self.registry)
            case Instrument.GAUGE:
                made = Gauge(metric.name, metric.help, names, registry=self.registry)
            case Instrument.HISTOGRAM:
                made = Histogram(
                    metric.name, metric.help, names, registry=self.registry, buckets=metric.buckets
                )
        if names and len(names) > 1 and not any(label.configured for label in metric.labels):
            for values in product(*(label.values for label in metric.labels)):
                made.labels(*values)
        return made

    def expect(self, label: Label, names: Sequence[str]) -> None:
        """Start every counter by ``label`` at 0 for these configured names.

        For the role that counts, when it is put together: a series that only begins to exist
        with its first failure has never increased, as Prometheus sees it.
        """
        for metric in CATALOGUE:
            others = [one for one in metric.labels if one != label]
            if (
                metric.instrument is not Instrument.COUNTER
                or label not in metric.labels
                or any(one.configured for one in others)
            ):
                continue
            choices = [names if one == label else one.values for one in metric.labels]
            for values in product(*choices):
                self._instruments[metric.name].labels(*values)

    def counter(self, name: str, *labels: str) -> Counter:
        """The counter's series with these label values."""
        return cast("Counter", self._series(name, labels))

    def gauge(self, name: str, *labels: str) -> Gauge:
        """The gauge's series with these label values."""
        return cast("Gauge", self._series(name, labels))

    def histogram(self, name: str, *labels: str) -> Histogram:
        """The histogram's series with these label values."""
        return cast("Histogram", self._series(name, labels))

    def forget(self, name: str, *labels: str) -> None:
        """Remove a series: a partition that is somebody else's now must not be reported."""
        made = self._instrument(name)
        if labels in made._metrics:  # noqa: SLF001 - remove() logs a warning for an absent one
            made.remove(*labels)

    def _series(self, name: str, labels: tuple[str, ...]) -> Counter | Gauge | Histogram:
        made = self._instrument(name)
        for label, value in zip(self._labels[name], labels, strict=False):
            if not label.configured and value not in label.values:
                known = ", ".join(label.values)
                msg = f"{name}: label {label.name} has no value {value!r}; there are: {known}"
                raise LookupError(msg)
        return made.labels(*labels) if labels else made

    def _instrument(self, name: str) -> Counter | Gauge | Histogram:
        try:
            return self._instruments[name]
        except KeyError:
            msg = f"no metric {name!r} in the catalogue (workers/observability/catalogue.py)"
            raise LookupError(msg) from None
