"""What ``productops dlq`` says it has done: the figures, the refusals, and nothing unseen."""

import json
from typing import Any

import pytest

from tests.letters.conftest import letter_record
from workers.cli.dlq.report import report
from workers.letters.carry_out import Done
from workers.letters.decision import Refusal
from workers.letters.letter import Letter, read_letter

_WHY = Refusal("it is older than its reader remembers", "replay \x1b[2Jit", forceable=True)


def letter(letter_id: str) -> Letter:
    """A letter of this id."""
    record = letter_record(letter_id=letter_id)
    event = read_letter(record)
    assert event is not None
    return Letter(record.topic, 0, 0, record.key, event, 3)


def told(capsys: pytest.CaptureFixture[str], done: Done, **options: Any) -> tuple[str, str]:
    """What stands on standard output and on the other; a refusal ends the command with 1."""
    given = {"dry_run": False, "as_json": False} | options
    if done.refused:
        with pytest.raises(SystemExit) as ended:
            report(done, "replayed", **given)
        assert ended.value.code == 1
    else:
        report(done, "replayed", **given)
    found = capsys.readouterr()
    return found.out, found.err


def test_what_was_refused_moves_no_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    """Ids and remedies are a stranger's words: escape sequences in them are shown as such."""
    _, said = told(capsys, Done(refused=[(letter("a\x1b[2Jb"), _WHY)]))
    assert said.splitlines() == [
        r"a\x1b[2Jb: not replayed: it is older than its reader remembers",
        r"  do: replay \x1b[2Jit, with --force",
        "0 replayed, 1 refused",
    ]


def test_what_expired_on_the_way_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither settled nor refused, and no reason to say that nothing matched."""
    out, said = told(capsys, Done(expired=2))
    assert out == ""
    assert said.splitlines() == ["2 expired before they could be read", "0 replayed"]


def test_a_program_gets_what_a_person_gets(capsys: pytest.CaptureFixture[str]) -> None:
    """As JSON: the ids, each refusal with its remedy, and whether anything was done."""
    done = Done(settled=[letter("one")], refused=[(letter("two"), _WHY)])
    out, _ = told(capsys, done, as_json=True, dry_run=True)
    assert json.loads(out) == {
        "replayed": ["one"],
        "refused": [
            {"id": "two", "reason": _WHY.reason, "remedy": "replay \x1b[2Jit, with --force"}
        ],
        "dry_run": True,
    }
