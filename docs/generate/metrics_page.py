"""``docs/metrics.md``: the metric catalogue as a page."""

from workers.observability.catalogue import CATALOGUE, Label, Metric

HEAD = """# Metrics

<!-- Generated from workers/observability/catalogue.py by `make generate`; not edited by hand. -->

Every role serves these on `/metrics` ([operations](operations.md) lists the ports). Names begin
with `productops_`, units are base units, label values come from closed sets or from names that
your configuration declares; no label ever holds an id, an address or a customer's words.
"""

TITLES = {
    "build": "The process",
    "stage": "Every stage",
    "source": "Sources",
    "feedback": "Feedback",
    "message": "Messages",
}


def page() -> str:
    """The page as Markdown."""
    parts = [HEAD]
    groups: dict[str, list[Metric]] = {}
    for metric in CATALOGUE:
        groups.setdefault(_group(metric), []).append(metric)
    for group, metrics in groups.items():
        parts += [
            f"\n## {TITLES.get(group, group.capitalize())}\n",
            "| metric | kind | unit | labels | what |",
            "|---|---|---|---|---|",
            *(_row(metric) for metric in metrics),
        ]
    parts.append("\n## Values of labels\n")
    parts += ["| label | values |", "|---|---|", *_labels()]
    return "\n".join(parts) + "\n"


def _group(metric: Metric) -> str:
    return metric.name.split("_")[1].removesuffix("s")


def _row(metric: Metric) -> str:
    labels = ", ".join(f"`{label.name}`" for label in metric.labels)
    buckets = f" Buckets: {', '.join(f'{bound:g}' for bound in metric.buckets)}."
    return (
        f"| `{metric.name}` | {metric.instrument.value} | {metric.unit} | {labels} |"
        f" {metric.help}{buckets if metric.buckets else ''} |"
    )


def _labels() -> list[str]:
    where: dict[str, dict[tuple[str, ...], None]] = {}
    for metric in CATALOGUE:
        for label in metric.labels:
            where.setdefault(label.name, {})[_values(label)] = None
    return [
        f"| `{name}` | {'; or '.join(', '.join(values) for values in sets)} |"
        for name, sets in sorted(where.items())
    ]


def _values(label: Label) -> tuple[str, ...]:
    if label.configured:
        return ("as declared or counted at run time",)
    return tuple(f"`{value}`" for value in label.values)
