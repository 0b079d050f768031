"""``productops dlq drop`` at a terminal: it says what it would drop, and asks."""

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.letters.dlq.desk import Desk
from workers.config.settings import KafkaSettings

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]

_LETTERS = 5


@pytest.fixture
def desk(prepared: KafkaSettings, unique: Callable[[str], str]) -> Desk:
    """A desk with five letters, the first the oldest."""
    desk, now = Desk(prepared, unique("asked")), datetime.now(UTC)
    for number in range(_LETTERS):
        desk.put(number, at=now - timedelta(hours=_LETTERS - number))
    return desk


def answered(desk: Desk, answer: bytes, *arguments: str) -> tuple[int, list[str]]:
    """Exit code and standard error of a drop whose question somebody answers."""
    ours, theirs = pty.openpty()
    try:
        os.write(ours, answer + b"\n")
        done = subprocess.run(
            [sys.executable, "-m", "workers.cli", "dlq", "drop", *arguments],
            env={**os.environ, "KAFKA_BOOTSTRAP_SERVERS": ",".join(desk.kafka.servers)},
            stdin=theirs,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    finally:
        os.close(ours)
        os.close(theirs)
    return done.returncode, done.stderr.splitlines()


def test_a_no_drops_nothing(desk: Desk) -> None:
    """The first letters and the number of the others are shown before the question."""
    code, said = answered(desk, b"n", "--key", desk.token)
    assert code == 1
    assert [line.split("/")[1].split()[0] for line in said[:3]] == ["0", "1", "2"]
    assert said[3] == "and 2 more"
    assert said[4].startswith("drop 5? [y/N]")
    assert said[-1].endswith("productops: nothing was dropped")
    assert len(desk.listed()) == _LETTERS


def test_a_yes_drops_no_more_than_was_asked_about(desk: Desk) -> None:
    """With a limit the question is about so many, the oldest, and the others stay."""
    code, said = answered(desk, b"y", "--key", desk.token, "--limit", "2")
    assert code == 0
    assert any(line.startswith("drop 2? [y/N]") for line in said)
    assert not any("more" in line for line in said)
    assert [one["id"] for one in desk.listed()] == [f"{desk.token}/{n}" for n in (2, 3, 4)]


def test_a_letter_that_is_named_twice_is_asked_about_once(desk: Desk) -> None:
    """By its id and by its beginning: it is one letter."""
    name = desk.put(77)
    code, said = answered(desk, b"y", name, name[:-1])
    assert code == 0
    assert any(line.startswith("drop 1? [y/N]") for line in said)
    assert said[-1].endswith("1 dropped")
