"""What the pages for operators say about metrics, against the catalogue."""

import re
from pathlib import Path

import pytest

from workers.observability.catalogue import metric_named

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(("page", "at_least"), [("operations.md", 15), ("alerts.md", 4)])
def test_every_metric_on_the_page_exists(page: str, at_least: int) -> None:
    """A name that is explained is one that is served."""
    names = set(re.findall(r"\bproductops_[a-z_]+[a-z]\b", (DOCS / page).read_text("utf-8")))
    assert len(names) >= at_least
    for name in names:
        assert metric_named(name), name
