"""Logs as a process writes them: one JSON line an event, text on a terminal, no secrets."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.observability.writing_logs import TOKEN
from workers.observability.logs import mask_secrets

SCRIPT = Path(__file__).with_name("writing_logs.py")
ENVIRON = {**os.environ, "PYTHONPATH": str(SCRIPT.parents[2])}


def command(form: str) -> list[str]:
    """The process that says things in a form."""
    return [sys.executable, str(SCRIPT), form]


@pytest.fixture(scope="module")
def plain() -> str:
    """What a process writes whose standard error is no terminal."""
    done = subprocess.run(
        command("auto"), capture_output=True, text=True, check=True, env=ENVIRON, encoding="utf-8"
    )
    assert done.stdout == ""
    return done.stderr


@pytest.fixture(scope="module")
def on_terminal() -> str:
    """What a process writes whose standard error is a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(command("auto"), stderr=theirs, env=ENVIRON):
        os.close(theirs)
        read: list[bytes] = []
        while True:
            try:
                block = os.read(ours, 65_536)
            except OSError:  # Linux's way of saying that the other side is closed
                break
            if not block:
                break
            read.append(block)
    os.close(ours)
    return b"".join(read).decode()


@pytest.fixture(scope="module")
def events(plain: str) -> list[dict[str, Any]]:
    """The lines as JSON."""
    return [json.loads(line) for line in plain.splitlines()]


def named(events: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """The one event of a name."""
    (event,) = [event for event in events if event["event"] == name]
    return event


def test_an_event_is_one_line_of_json_with_its_fields(events: list[dict[str, Any]]) -> None:
    """Role, level, logger, time in UTC and the event's own fields stand in one object."""
    event = named(events, "chunk_done")
    assert event.pop("timestamp").endswith("Z")
    assert event == {
        "event": "chunk_done",
        "role": "feedback",
        "level": "info",
        "logger": "workers.feedback",
        "events": 3,
        "place": "Zürich",
    }


def test_a_line_break_in_an_event_makes_no_second_line(events: list[dict[str, Any]]) -> None:
    """Nobody can forge a line by what is logged."""
    assert named(events, "two\nlines")["note"] == "a\nb"


def test_no_secret_reaches_a_line(plain: str) -> None:
    """Fields with telling names, bearer strings, addresses with passwords: all are masked."""
    assert TOKEN not in plain


def test_what_is_not_secret_stays_readable(events: list[dict[str, Any]]) -> None:
    """Masking takes the secret and leaves the rest of a text."""
    call = named(events, "call")
    assert (call["api_token"], call["Authorization"], call["client_secret"]) == ("***",) * 3
    text = named(events, "text")
    assert text["url"] == "https://user:***@example.org/x"
    assert text["header"] == "bearer ***"
    assert named(events, "nested")["request"] == {
        "headers": {"Authorization": "***"},
        "seen": ["Bearer ***"],
    }
    slack = named(events, "slack")
    assert slack["webhook"] == "https://hooks.slack.com/services/***"
    assert slack["bot"] == "xoxb-***"


@pytest.mark.parametrize("name", ["failed", "also failed"])
def test_an_exception_is_told_without_its_secrets(events: list[dict[str, Any]], name: str) -> None:
    """Kind and place of an exception are told, its message masked, its variables left out."""
    (told,) = named(events, name)["exception"]
    assert told["exc_type"] == "ValueError"
    assert told["exc_value"].startswith("401 for Authorization: Bearer ***")
    assert [frame["name"] for frame in told["frames"]] == ["main", "fail"]
    assert "local-" not in json.dumps(told)


def test_third_parties_speak_from_warning_on(events: list[dict[str, Any]]) -> None:
    """The chatter of libraries is left out, their warnings are kept, in the same form."""
    spoken = [event for event in events if event["logger"] == "aiokafka.consumer"]
    assert [(event["level"], event["event"]) for event in spoken] == [("warning", "broker away")]
    assert "details" not in {event["event"] for event in events}


def test_a_retry_of_the_kafka_client_is_no_news(events: list[dict[str, Any]]) -> None:
    """A batch that is written once more is left out, another trouble of the sender is not."""
    spoken = [event["event"] for event in events if event["logger"] == "aiokafka.producer.sender"]
    assert spoken == ["Got error produce response: refused"]


def test_what_a_fenced_producer_leaves_behind_is_no_news(events: list[dict[str, Any]]) -> None:
    """Of futures for which nobody waits those of a fencing are left out, others are told."""
    (told,) = [event for event in events if event["logger"] == "asyncio"]
    assert told["exception"][0]["exc_value"] == "gone"


def test_a_terminal_gets_text(on_terminal: str) -> None:
    """On a terminal a person reads text, with colours, not JSON."""
    (line,) = [line for line in on_terminal.splitlines() if "chunk_done" in line]
    assert "\x1b[" in line
    assert "Zürich" in line
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(line)


def test_no_secret_reaches_a_terminal(on_terminal: str) -> None:
    """Text is masked like JSON, inside of tracebacks, too."""
    assert "Traceback (most recent call last)" in on_terminal
    assert "Authorization: Bearer ***" in on_terminal
    assert TOKEN not in on_terminal


def test_the_form_can_be_chosen() -> None:
    """Text where no terminal is: for a person who reads a file."""
    done = subprocess.run(
        command("text"), capture_output=True, text=True, check=True, env=ENVIRON, encoding="utf-8"
    )
    assert "chunk_done" in done.stderr
    assert "\x1b[" not in done.stderr
    assert not done.stderr.startswith("{")
    assert TOKEN not in done.stderr


@pytest.mark.parametrize(
    ("field", "value"),
    [("seconds", 1.5), ("key", "support:ticket:1"), ("reason", "basic plan"), ("count", 0)],
)
def test_harmless_fields_are_left_alone(field: str, value: object) -> None:
    """Numbers, ids and plain words pass unchanged."""
    assert mask_secrets(None, "info", {"event": "x", field: value}) == {"event": "x", field: value}
