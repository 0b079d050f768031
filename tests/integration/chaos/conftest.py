"""The form of the suite (``--chaos=full`` or ``PRODUCTOPS_CHAOS=full``) and its one run.

Only the faults whose tests were selected run: ``-k`` chooses them by words of their names.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

import pytest

from tests.integration.chaos.judging.table import table, update
from tests.integration.chaos.judging.verdict import Outcomes
from tests.integration.chaos.plan import FULL, SHORT, run

_PAGE = Path(__file__).parents[3] / "docs" / "reliability.md"
_SHORT_SECONDS = 300
"""What the short form is meant to stay below on an idle machine of two cores."""
_BOUNDS = {"short": 1_500, "full": 5_400}
"""When a run has hung, in seconds: far above what it takes, for machines may be busy."""


@dataclass(frozen=True)
class Ran:
    """What the end of the session tells."""

    form: str
    seconds: float
    outcomes: Outcomes
    page: str


_RAN = pytest.StashKey[Ran]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--chaos", choices=("short", "full"), help="which form of the chaos suite")


def _form(config: pytest.Config) -> str:
    form = config.getoption("--chaos", None) or os.environ.get("PRODUCTOPS_CHAOS")
    return "full" if form == "full" else "short"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "fault" in metafunc.fixturenames:
        form = _form(metafunc.config)
        bound = pytest.mark.timeout(_BOUNDS[form])
        names = FULL if form == "full" else SHORT
        metafunc.parametrize("fault", [pytest.param(name, marks=bound) for name in names])


def _asks(item: pytest.Item) -> TypeGuard[pytest.Function]:
    """Whether a test looks at a fault of this suite; others have parameters of that name, too."""
    return isinstance(item, pytest.Function) and "outcomes" in item.fixturenames


@pytest.fixture(scope="session")
def outcomes(
    request: pytest.FixtureRequest, kafka_jars: Path, tmp_path_factory: pytest.TempPathFactory
) -> Outcomes:
    """What became of every selected fault; all of the full form write the documentation's table."""
    form = _form(request.config)
    asking = [item for item in request.session.items if _asks(item)]
    names = [item.callspec.params["fault"] for item in asking]
    started = time.monotonic()
    found = run(names, folder=tmp_path_factory.mktemp("chaos"), jars=kafka_jars)
    seconds = time.monotonic() - started
    page = update(_PAGE, found) if names == FULL else ""
    request.config.stash[_RAN] = Ran(form, seconds, found, page)
    return found


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    ran = config.stash.get(_RAN, None)
    if ran is None:
        return
    terminalreporter.section(f"chaos suite, {ran.form} form")
    terminalreporter.write_line(table(ran.outcomes).partition("\n\n")[2])
    meant = f" (meant: at most {_SHORT_SECONDS} on two idle cores)" if ran.form == "short" else ""
    terminalreporter.write_line(f"{len(ran.outcomes)} faults in {ran.seconds:.0f} seconds{meant}")
    if ran.page:
        terminalreporter.write_line(ran.page)
