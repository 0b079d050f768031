"""Bytes that spell text in many ways."""

import codecs
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.files.reading import LONGEST, Lines, detect
from tests.connectors.files.reading_files import load, texts, write

ROWS = "id,text\n1,Zürich – café\n2,Ċ 日本 😀\n"
WESTERN = "id,text\n1,Zürich – café\n2,naïve\n"


@pytest.mark.parametrize(
    "raw",
    [
        ROWS.encode(),
        ROWS.encode("utf-8-sig"),
        ROWS.encode("utf-16"),
        ROWS.encode("utf-32"),
        codecs.BOM_UTF16_BE + ROWS.encode("utf-16-be"),
    ],
    ids=["utf-8", "with a mark", "utf-16", "utf-32", "utf-16 big"],
)
async def test_unicode_is_recognised(tmp_path: Path, raw: bytes) -> None:
    """By its mark, or because it is UTF-8; U+010A holds the byte of a line feed."""
    write(tmp_path / "a.csv", raw)
    events, dead = await load(tmp_path, "a.csv", columns={"id": "id"})
    assert (texts(events), dead) == (["Zürich – café", "Ċ 日本 😀"], [])


async def test_utf_16_without_a_mark_and_windows_text(tmp_path: Path) -> None:
    """Windows writes both."""
    write(tmp_path / "a.csv", WESTERN.encode("utf-16-le"))
    write(tmp_path / "b.csv", WESTERN.encode("cp1252"))
    for name in ("a.csv", "b.csv"):
        events, dead = await load(tmp_path, name, columns={"id": "id"})
        assert (texts(events), dead) == (["Zürich – café", "naïve"], [])


async def test_a_few_damaged_lines_do_not_turn_a_file_into_gibberish(tmp_path: Path) -> None:
    """They are put aside, by name; the others stay UTF-8."""
    rows = "".join(f"{n},schön {n}\n" for n in range(2, 20)).encode()
    write(tmp_path / "a.csv", b"id,text\n1,caf\xe9\n" + rows)
    events, dead = await load(tmp_path, "a.csv", columns={"id": "id"})
    assert texts(events)[0] == "schön 2"
    assert [record.message for record in dead] == ["a.csv:2: the line is not utf-8 (byte 6)"]


async def test_an_encoding_that_was_named_is_used(tmp_path: Path) -> None:
    """Latin-1 text that happens to be UTF-8 is what its owner says it is."""
    write(tmp_path / "a.csv", "text\nÃ¼\n".encode("latin-1"))
    assert texts((await load(tmp_path, "a.csv"))[0]) == ["ü"]
    assert texts((await load(tmp_path, "a.csv", encoding="latin-1"))[0]) == ["Ã¼"]


@given(
    st.lists(st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc")), max_size=30)),
    st.sampled_from(["utf-8", "utf-16-le", "utf-16-be", "utf-32-le"]),
)
def test_lines_are_cut_at_line_feeds_and_nowhere_else(lines: list[str], encoding: str) -> None:
    """Whatever characters a line has, it comes back whole, and its end is where the next begins."""
    raw = "".join(f"{line}\n" for line in lines).encode(encoding)
    reader, found, at = Lines(io.BytesIO(raw), 0, "\n".encode(encoding)), [], 0
    while (line := reader.next()) is not None:
        assert line.raw == raw[at : line.end]
        at = line.end
        found.append(line.raw.decode(encoding).removesuffix("\n"))
    assert found == lines


def test_a_line_without_end_is_not_kept() -> None:
    """Of a line beyond the limit only the beginning stays, and the next line is found."""
    raw = b"x" * (3 * LONGEST) + b"\nnext\n"
    reader = Lines(io.BytesIO(raw), 0, b"\n")
    first, second = reader.next(), reader.next()
    assert first is not None
    assert second is not None
    assert (first.overlong, len(first.raw), first.end) == (True, 65_536, 3 * LONGEST + 1)
    assert (second.raw, second.overlong) == (b"next\n", False)
    assert reader.next() is None


@given(st.binary(max_size=300))
def test_any_bytes_have_an_encoding(head: bytes) -> None:
    """Guessing raises nothing, and what it names exists."""
    found = detect(head)
    codecs.lookup(found.name)
    assert found.start <= len(head)
