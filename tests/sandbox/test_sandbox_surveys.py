"""The history file: sound rows, bad rows named by their line, repeated rows."""

import csv
import io
from collections import Counter
from datetime import timedelta

import pytest

from connectors.sandbox.company import Company
from connectors.sandbox.company.model import SurveyRow
from connectors.sandbox.company.surveys import COLUMNS, history_file


def _lines(company: Company) -> list[bytes]:
    return history_file(company.history).split(b"\n")


def test_file_reads_as_csv_with_the_named_columns(company: Company) -> None:
    """A plain CSV reader finds the heading and as many rows as there are."""
    text = history_file(company.history).decode("utf-8", "replace")
    rows = list(csv.reader(io.StringIO(text)))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) - 1 == len(company.history)


def test_line_numbers_name_the_rows(company: Company) -> None:
    """Every row stands at the line it says, also behind a row of two lines."""
    lines = _lines(company)
    for row in company.history:
        assert lines[row.line - 1].startswith(row.cells[0].encode())
    assert any("\n" in row.cells[3] for row in company.history if len(row.cells) > 3)


def test_faults_are_eight_of_different_kinds(company: Company) -> None:
    """Eight rows are wrong, each in its own way, and all of them are old."""
    bad = [row for row in company.history if row.fault]
    assert len({row.fault for row in bad}) == len(bad) == 8
    for row in bad:
        assert row.at is not None
        assert row.at < company.now - timedelta(days=10)


def test_a_name_that_the_spreadsheets_encoding_lacks_does_not_stop_the_file() -> None:
    """The spreadsheet puts a question mark for it, and its line is still not UTF-8."""
    row = SurveyRow(cells=("R-1", "Yıldız sagt: läuft"), encoding="cp1252")
    line = history_file([row]).splitlines()[1]
    assert line == b"R-1,Y?ld?z sagt: l\xe4uft"


def test_one_line_is_not_utf8(company: Company) -> None:
    """The line that a spreadsheet wrote cannot be decoded, all others can."""
    undecodable = []
    for number, line in enumerate(_lines(company), start=1):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            undecodable.append(number)
    assert undecodable == [r.line for r in company.history if r.fault == "the line is not UTF-8"]


def test_three_rows_stand_twice(company: Company) -> None:
    """A repeated row is the same to the last character."""
    texts = Counter(row.text for row in company.history)
    assert sorted(texts.values())[-3:] == [2, 2, 2]
    assert sum(row.repeat for row in company.history) == 3
    assert not any(row.fault for row in company.history if row.repeat)


@pytest.mark.parametrize("days", [60, 150])
def test_history_reaches_beyond_the_support_desk(company: Company, days: int) -> None:
    """Answers come from before the sixty days as well as from within."""
    border = company.now - timedelta(days=days)
    moments = [row.at for row in company.history if row.at]
    assert min(moments) < border < max(moments)
