"""JSON lines as programs write them."""

import json
from pathlib import Path

import pytest

from connectors.base.errors import ConfigurationError
from tests.connectors.files.reading_files import load, texts, write


async def test_nested_keys_lists_and_numbers(tmp_path: Path) -> None:
    """A dotted column reaches inside, a key with a dot in its name comes first."""
    rows = [
        {"id": 7, "said": {"text": "nested", "lang": "de"}, "tags": ["a", "b"], "n": 4.5},
        {"id": 8, "said.text": "flat", "tags": "c; d|e", "n": "2"},
    ]
    write(tmp_path / "a.jsonl", "\n".join(json.dumps(row) for row in rows))
    columns = {"id": "id", "text": "said.text", "language": "said.lang", "tags": "tags"}
    events, dead = await load(
        tmp_path,
        "a.jsonl",
        columns={**columns, "score": "n"},
        score={"low": 1, "high": 5, "scale": "stars_1_5"},
    )
    assert dead == []
    assert texts(events) == ["nested", "flat"]
    assert [event.data.tags for event in events] == [("a", "b"), ("c", "d", "e")]
    assert events[0].data.language == "de"
    assert events[0].data.score.raw == 4.5
    assert events[0].data.score.normalised == 0.875


async def test_bad_lines_are_named_and_the_rest_is_loaded(tmp_path: Path) -> None:
    """Half an object, no object, wrong bytes, a line too long; blank lines do not count."""
    lines = [
        b'{"text": "one"}',
        b'{"text": "two',
        b"",
        b"[1, 2]",
        b'{"text": "\xff"}',
        b'{"text": "' + b"x" * 1_100_000 + b'"}',
        b'{"text": ""}',
        b'{"text": "last \\ud83d"}',
        b'{"text": "caf\xc3\xa9"}',
    ]
    write(tmp_path / "a.jsonl", b"\n".join(lines) + b"\n")
    events, dead = await load(tmp_path, "a.jsonl")
    assert texts(events) == ["one", "last \ufffd", "café"]
    assert dead[0].message.startswith("a.jsonl:2: the line is no JSON")
    assert [record.message for record in dead[1:]] == [
        "a.jsonl:4: the line is JSON, but no object",
        "a.jsonl:5: the line is not utf-8 (byte 11)",
        "a.jsonl:6: the line is longer than 1048576 bytes",
        "a.jsonl:7: the row has no text, no subject and no score",
    ]


async def test_a_list_is_not_json_lines(tmp_path: Path) -> None:
    """The remedy shows how to make it so."""
    write(tmp_path / "a.json", '[{"text": "one"}]')
    with pytest.raises(ConfigurationError) as caught:
        await load(tmp_path, "a.json")
    assert "jq" in caught.value.remedy


async def test_the_first_character_tells_where_the_name_does_not(tmp_path: Path) -> None:
    """An object begins JSON lines, anything else CSV."""
    write(tmp_path / "a.txt", '{"text": "one"}\n')
    write(tmp_path / "b.txt", "text\ntwo\n")
    events, _ = await load(tmp_path, "*.txt")
    assert texts(events) == ["one", "two"]
