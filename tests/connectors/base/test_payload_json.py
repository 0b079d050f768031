"""JSON of others."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from connectors.base.errors import DataError, TransientError
from connectors.base.payload import as_bytes, read_json, read_record, records


class Thing(BaseModel):
    """A record with one field of each kind."""

    id: int
    name: str


def test_half_characters_become_the_replacement_character() -> None:
    """Lone surrogates in keys and values are replaced, whole pairs stay."""
    raw = b'{"a\\ud800": ["\\uDFFF x", {"b": "\\ud83d\\ude00"}]}'
    assert read_json(raw) == {"a\ufffd": ["\ufffd x", {"b": "😀"}]}


def test_a_mark_at_the_start_and_numbers_that_are_none() -> None:
    """A byte order mark is skipped; NaN and infinity are null."""
    assert read_json(b'\xef\xbb\xbf{"a": NaN, "b": -Infinity}') == {"a": None, "b": None}


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b'{"a": tr', b"\xff", b"[" * 100_000, b"1" * 10_000, '{"a": 1} x'],
    ids=["empty", "open", "cut", "no UTF-8", "deep", "long number", "more"],
)
def test_what_is_no_json_is_refused_without_a_word_of_it(raw: bytes | str) -> None:
    """The error is a ValueError."""
    with pytest.raises(ValueError, match=r"JSON|codec"):
        read_json(raw)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(JSON)
def test_sound_json_is_read_as_it_is(value: object) -> None:
    """Reading changes nothing in a value without half characters."""
    assert read_json(json.dumps(value)) == value
    assert read_json(json.dumps(value, ensure_ascii=False).encode()) == value


def test_a_record_that_does_not_fit_names_fields_and_not_values() -> None:
    """The error says which field and which record; the customer's words are not in it."""
    with pytest.raises(DataError, match=r"thing: name: Field required") as caught:
        read_record(Thing, {"id": 7, "text": "call Erika"}, "thing")
    assert caught.value.record_id == "7"
    with pytest.raises(DataError) as caught:
        read_record(Thing, {"id": "Erika", "name": 5}, "thing")
    assert "Erika" not in str(caught.value)
    with pytest.raises(DataError):
        read_record(Thing, "not even an object", "thing")


def test_a_list_that_is_not_there_may_come_back() -> None:
    """An answer of another shape is the vendor's trouble and is asked for again."""
    assert records({"things": [1]}, "things") == [1]
    for body in ({}, [], None, {"things": {}}):
        with pytest.raises(TransientError, match="things"):
            records(body, "things")


def test_any_record_goes_into_a_dead_letter() -> None:
    """Also half characters and values that JSON does not know."""
    assert as_bytes({"a": "\ud800"}) == b'{"a":"\\ud800"}'
