"""The form of the suite (``--chaos=full`` or ``PRODUCTOPS_CHAOS=full``) and its one run."""

import os
from pathlib import Path

import pytest

from tests.integration.chaos.job import Verdict
from tests.integration.chaos.plan import FULL, SHORT, Outcomes, run
from tests.integration.chaos.table import write

_PAGE = Path(__file__).parents[3] / "docs" / "reliability.md"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--chaos", choices=("short", "full"), help="which form of the chaos suite")


def _full(config: pytest.Config) -> bool:
    form = config.getoption("--chaos", None) or os.environ.get("PRODUCTOPS_CHAOS")
    return bool(form == "full")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "fault" in metafunc.fixturenames:
        metafunc.parametrize("fault", FULL if _full(metafunc.config) else SHORT)


@pytest.fixture(scope="session")
def outcomes(
    request: pytest.FixtureRequest, kafka_jars: Path, tmp_path_factory: pytest.TempPathFactory
) -> Outcomes:
    """What became of every fault; the full form writes the table of the documentation."""
    full = _full(request.config)
    found = run(full=full, folder=tmp_path_factory.mktemp("chaos"), jars=kafka_jars)
    if full:
        rows = {name: found[name] for name in FULL}
        write(_PAGE, {name: one for name, one in rows.items() if isinstance(one, Verdict)})
    return found
