"""Letters on a terminal and as data."""

import base64
import json
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.platform import DeadLetter, Origin, RawHeader
from schemas.topics import RECEIVED
from workers.letters.describe import as_data, full, line
from workers.letters.letter import Fold, Letter, read_letter
from workers.letters.text import as_text, escaped, hexadecimal
from workers.processor import Record

Make = Callable[..., Record]


def read(record: Record) -> tuple[Letter, DeadLetter]:
    """A letter, and its record with the raw bytes."""
    event = read_letter(record)
    assert event is not None
    (letter,) = Fold([record]).letters
    return letter, event.data


def test_a_letter_is_one_line(record: Make) -> None:
    """When, which, where, why, how often; a long message is cut, an end of line is no end."""
    letter, _ = read(record(attempts=2, message="first\nsecond " + "x" * 500))
    told = line(letter)
    assert told.startswith(
        f"2026-03-02 09:00:00  {RECEIVED.name}/2/41  {RECEIVED.name}  process  2 attempts  "
        "first\\nsecond xxx"
    )
    assert "\n" not in told
    assert len(told) < 300


def test_a_letter_in_full_shows_text_as_text(record: Make) -> None:
    """Origin, key, headers and the words, with what a terminal would act on escaped."""
    told = full(*read(record(value="é \x1b[2J\u202e\nnext".encode())))
    assert told.endswith("é \\x1b[2J\\u202e\nnext")
    for fact in ("partition:      2", "offset:         41", "key:            item", "  trace: t"):
        assert fact in told
    assert "(15 bytes of text)" in told


def test_a_letter_in_full_shows_other_bytes_as_hexadecimal(record: Make) -> None:
    """Bytes that are no text are dumped; an empty record says so."""
    assert "00000000  ff 00 41" in full(*read(record(value=b"\xff\x00A", truncated=True)))
    assert "not text, cut when it was kept" in full(*read(record(value=b"\xff", truncated=True)))
    assert full(*read(record(value=b""))).endswith("The record is empty.")


def test_headers_are_shown_whatever_they_hold(record: Make) -> None:
    """Text as text, other bytes as hexadecimal, and what is null; nothing breaks the line."""
    headers = [("a", b"x\n\x1b"), ("b", b"\xff"), ("a", None)]
    kept = tuple(
        RawHeader(name=name, value=None if value is None else base64.b64encode(value))
        for name, value in headers
    )
    letter, raw = read(record(raw_headers=kept, headers_truncated=True, value_is_null=True))
    told = full(letter, raw)
    assert "\n  a: x\\n\\x1b\n  b: (hexadecimal) ff\n  a: (null)\n  and more" in told
    assert told.endswith("The record has no value: it is null.")
    data = as_data(letter, raw)
    assert data["headers_base64"] == [("a", "eAob"), ("b", "/w=="), ("a", None)]
    assert (data["headers_truncated"], data["value_base64"]) == (True, None)


def test_a_connectors_letter_names_source_and_record(record: Make) -> None:
    """There is no partition and no offset to show."""
    origin = Origin(topic=RECEIVED.name, source_name="support", record_id="a.csv:12")
    told = full(*read(record(origin=origin, letter_id="support/a.csv:12")))
    assert "record:         a.csv:12" in told
    assert "partition:" not in told


def test_a_program_gets_the_bytes(record: Make) -> None:
    """As data a letter is complete and can be written as JSON."""
    letter, raw = read(record(value=b"\xff", key=b"\x00"))
    told = json.loads(json.dumps(as_data(letter, raw)))
    assert base64.b64decode(told["value_base64"]) == b"\xff"
    assert base64.b64decode(told["key_base64"]) == b"\x00"
    assert (told["state"], told["size"], told["attempts"]) == ("open", 1, 1)
    assert "value_base64" not in as_data(letter)


@given(st.text())
@example("a\u2028b\u2029c\ue000d\u0378")
def test_nothing_unseen_reaches_a_terminal(text: str) -> None:
    """Whatever the text, what is shown has no control, format or unassigned character."""
    unseen = {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}
    assert not unseen & {unicodedata.category(one) for one in escaped(text)}
    shown = as_text(text.encode("utf-8", "replace")) or ""
    assert not {"Cf", "Cs"} & {unicodedata.category(one) for one in shown}
    assert not set(shown) & {"\x1b", "\r", "\x07", "\x08"}


def test_no_part_of_a_letter_moves_the_cursor(record: Make) -> None:
    """Whoever may write letters can put anything into each field; only line ends are ours."""
    bad = "x\x1b[2J\u202e\n"
    raw = (RawHeader(name=bad, value=base64.b64encode(bad.encode())),)
    origin = Origin(topic=RECEIVED.name, source_name=bad, record_id=bad)
    said = {"role": bad, "worker_version": bad, "message": bad, "origin": origin}
    for headers in ({"headers": {bad: bad}}, {"raw_headers": raw}):
        letter, data = read(
            record(letter_id=bad, key=bad.encode(), value=b"x\x1b", **said, **headers)
        )
        for told in (line(letter), full(letter, data)):
            assert not {"\x1b", "\u202e"} & set(told)
        assert "\n" not in line(letter)


@given(st.binary(max_size=100))
def test_a_dump_holds_every_byte(raw: bytes) -> None:
    """The bytes can be read back from the dump."""
    rows = hexadecimal(raw).splitlines()
    assert bytes.fromhex("".join(row[10:57] for row in rows)) == raw


@pytest.mark.parametrize("raw", [b"\xff", b"a\x00b", b"\xe2\x82"])
def test_what_is_no_text_is_not_taken_for_text(raw: bytes) -> None:
    """Broken UTF-8 and zero bytes are shown as bytes."""
    assert as_text(raw) is None
