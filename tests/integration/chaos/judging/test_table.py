"""The table of faults hides none of them."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.integration.chaos.judging.table import BEGIN, END, table, update
from tests.integration.chaos.judging.verdict import NotRun, Outcomes, Verdict

SOUND = Verdict(
    events=1_200,
    lost=0,
    doubled=0,
    outputs_equal=True,
    state_equal=True,
    letters_equal=True,
    kills=10,
    seconds=7.6,
    deaths=1,
)
BEFORE = f"Prose.\n\n{BEGIN}\nan older table\n{END}\n\nMore prose.\n"


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A page with a place for the table."""
    page = tmp_path / "reliability.md"
    page.write_text(BEFORE, encoding="utf-8")
    return page


def test_a_page_gets_a_row_of_each_fault(page: Path) -> None:
    """What could be tried stands there with its numbers, what could not with the reason."""
    done: Outcomes = {"random kills": SOUND, "full disk": NotRun("mount: not\nallowed | here")}
    assert update(page, done) == "reliability.md has the new table"
    text = page.read_text(encoding="utf-8")
    assert "| random kills | 1,200 | 0 | 0 | 10 | 8 | 1 |\n" in text
    assert "| full disk | not run here: mount: not allowed / here |  |  |  |  |  |\n" in text
    assert text.startswith(f"Prose.\n\n{BEGIN}\n")
    assert text.endswith(f"{END}\n\nMore prose.\n")
    assert "an older table" not in text


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (AssertionError("not within 150 s: progress"), "AssertionError: not within 150 s: progr"),
        (replace(SOUND, lost=3, outputs_equal=False), "3 lost, outputs differ"),
        (replace(SOUND, doubled=2), "2 doubled"),
        (replace(SOUND, state_equal=False), "state differs"),
        (replace(SOUND, letters_equal=False), "dead letters differ"),
        (replace(SOUND, events=0), "no events"),
    ],
)
def test_a_failed_fault_leaves_the_page_as_it_was(
    page: Path, outcome: Verdict | BaseException, words: str
) -> None:
    """One that raised or whose comparison does not hold is told, and nothing is written."""
    done: Outcomes = {"random kills": SOUND, "cut": outcome}
    told = update(page, done)
    assert told == "reliability.md is left as it was, for these faults failed: cut"
    assert page.read_text(encoding="utf-8") == BEFORE
    assert f"| cut | failed: {words}" in table(done)


def test_a_page_without_a_place_is_told(tmp_path: Path) -> None:
    """Nothing is appended to a page that has lost its markers."""
    page = tmp_path / "reliability.md"
    page.write_text("Prose.", encoding="utf-8")
    with pytest.raises(ValueError, match="no place for the table"):
        update(page, {"random kills": SOUND})
