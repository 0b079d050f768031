"""CSV as people export it."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.base.errors import ConfigurationError
from tests.connectors.files.reading_files import load, pull, texts, write


async def test_quoted_fields_hold_delimiters_quotes_and_line_ends(tmp_path: Path) -> None:
    """RFC 4180: a comma, a doubled quote and two lines within one field."""
    write(tmp_path / "a.csv", 'id,text\r\n1,"one, ""two""\r\nthree"\r\n2,plain\r\n')
    events, dead = await load(tmp_path, "a.csv", columns={"id": "id"})
    assert texts(events) == ['one, "two"\nthree', "plain"]
    assert dead == []


async def test_bad_rows_are_named_by_line_and_the_rest_is_loaded(tmp_path: Path) -> None:
    """The line is the file's own, also after a field that spans lines."""
    write(
        tmp_path / "a.csv",
        'id,text,created\n1,"two\nlines",2026-03-01\n2,short\n3,ok,2026-03-02\n4,x,never\n5,"a"b,\n6,end,\n',
    )
    events, dead = await load(tmp_path, "a.csv", columns={"id": "id", "created_at": "created"})
    assert texts(events) == ["two\nlines", "ok", "end"]
    assert [record.record_id for record in dead] == ["a.csv:4", "a.csv:6", "a.csv:7"]
    assert [record.message for record in dead] == [
        "a.csv:4: the row has 2 fields, the first row names 3",
        "a.csv:6: created_at is no time: expected ISO 8601 or seconds since 1970",
        "a.csv:7: a quote is not closed, or not doubled within a quoted field",
    ]
    assert dead[0].raw == b"2,short\n"


async def test_a_quote_that_is_never_closed_costs_one_line(tmp_path: Path) -> None:
    """It would swallow the rest of the file; reading goes on behind its line."""
    rows = "".join(f"{number},fine\n" for number in range(3, 2_000))
    write(tmp_path / "a.csv", f'id,text\n1,fine\n2,"open\n{rows}')
    events, dead = await load(tmp_path, "a.csv", columns={"id": "id"})
    assert [record.record_id for record in dead] == ["a.csv:3"]
    assert len(events) == 1_998


async def test_a_row_beyond_a_megabyte_is_put_aside(tmp_path: Path) -> None:
    """In one line or over many; a field of 900,000 characters is only cut."""
    huge = "x" * 1_100_000
    long = "y" * 900_000
    write(tmp_path / "a.csv", f'id,text\n1,{huge}\n2,{long}\n3,"{huge}"\n4,end\n')
    events, dead = await load(tmp_path, "a.csv", columns={"id": "id"})
    assert [event.data.item_id for event in events] == ["history:row:2", "history:row:4"]
    assert events[0].data.truncated
    assert [record.record_id for record in dead] == ["a.csv:2", "a.csv:4"]
    assert all("1048576 bytes" in record.message for record in dead)
    assert all(len(record.raw) <= 65_536 for record in dead)


async def test_a_row_of_many_lines_beyond_a_megabyte_is_put_aside(tmp_path: Path) -> None:
    """Its first line is named; what follows is taken for rows, and named as well."""
    line = "z" * 300_000
    write(tmp_path / "a.csv", f'id,text\n1,"{line}\n{line}\n{line}\n{line}"\n2,end\n')
    events, dead = await load(tmp_path, "a.csv", columns={"id": "id"})
    assert texts(events) == ["end"]
    assert dead[0].message == "a.csv:2: the row is longer than 1048576 bytes"
    assert [record.record_id for record in dead] == ["a.csv:2", "a.csv:3", "a.csv:4", "a.csv:5"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
async def test_the_delimiter_is_found_in_the_first_row(tmp_path: Path, delimiter: str) -> None:
    """Spreadsheets write what their country writes."""
    write(tmp_path / "a.csv", delimiter.join(["id", "text"]) + "\n" + delimiter.join("1x") + "\n")
    events, _ = await load(tmp_path, "a.csv", columns={"id": "id"})
    assert texts(events) == ["x"]


async def test_blank_rows_and_empty_cells_behind_the_last_column(tmp_path: Path) -> None:
    """Both are left by spreadsheets and mean nothing."""
    write(tmp_path / "a.csv", "text\n\na,,\n,\n   \nb\n")
    events, dead = await load(tmp_path, "a.csv")
    assert (texts(events), dead) == (["a", "b"], [])


async def test_a_file_without_a_row_or_without_anything(tmp_path: Path) -> None:
    """Neither is a fault."""
    write(tmp_path / "a.csv", "text\n")
    write(tmp_path / "b.csv", "")
    assert await load(tmp_path, "*.csv") == ([], [])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("id,words\n1,x\n", "no column 'text'; there are: id, words"),
        ("text,text\na,b\n", "names 'text' twice"),
        (",,\na,b,c\n", "names of columns"),
        (b"\xff\xfe\x00text", "encoding"),
    ],
)
async def test_a_first_row_that_does_not_fit_stops_the_source(
    tmp_path: Path, content: str | bytes, words: str
) -> None:
    """The message names the file and what is there; the remedy what to do."""
    write(tmp_path / "a.csv", content)
    with pytest.raises(ConfigurationError) as caught:
        await pull(tmp_path, "a.csv", encoding="utf-8")
    assert words in f"{caught.value} {caught.value.remedy}"
    assert "a.csv" in str(caught.value)


CELL = st.text(
    alphabet=st.characters(exclude_categories=("Cs", "Cc"), include_characters='",;\n\r'),
    max_size=20,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(st.tuples(CELL, CELL), min_size=1, max_size=12), size=st.integers(1, 4))
async def test_whatever_python_writes_is_read_and_resumed(
    tmp_path: Path, rows: list[tuple[str, str]], size: int
) -> None:
    """Every row arrives with its own words, also when reading restarts after any page."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(["n", "text", "more"])
    for number, (one, other) in enumerate(rows):
        writer.writerow([number, f"w{number} {one}", other])
    write(tmp_path / "a.csv", out.getvalue())
    shape = {"columns": {"id": "n", "attributes": {"more": "more"}}, "page_rows": size}
    whole = await pull(tmp_path, "a.csv", **shape)
    wanted = [f"history:row:{number}" for number in range(len(rows))]
    assert [event.data.item_id for page in whole for event in page.events] == wanted
    for index, page in enumerate(whole):
        rest = await pull(tmp_path, "a.csv", page.checkpoint, **shape)
        done = [event.id for before in whole[: index + 1] for event in before.events]
        again = [event.id for after in rest for event in after.events]
        assert done + again == [event.id for each in whole for event in each.events]
