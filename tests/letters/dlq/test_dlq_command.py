"""``productops dlq`` on a real Kafka: what is printed, what is written, how it ends."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from schemas.platform import ErrorClass, Origin
from schemas.topics import RECEIVED, REQUESTED, topic_named
from tests.integration.streaming.cluster import write
from tests.letters.dlq.desk import Desk
from workers.cli.main import main
from workers.config.settings import KafkaSettings

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]


@pytest.fixture
def desk(prepared: KafkaSettings, unique: Callable[[str], str]) -> Desk:
    """A desk of its own."""
    return Desk(prepared, unique("desk"))


def test_letters_are_listed_one_a_line_the_newest_last(desk: Desk) -> None:
    """Lines for people on standard output, their number only when it was cut."""
    now = datetime.now(UTC)
    for number, hours in ((1, 3), (2, 1), (3, 2)):
        desk.put(number, at=now - timedelta(hours=hours), message=f"reason {number}")
    lines = desk.run("list", "--key", desk.token).stdout.splitlines()
    assert [line.rsplit(" ", 1)[1] for line in lines] == ["1", "3", "2"]
    assert f"{desk.token}/1  {RECEIVED.name}  process  1 attempt  reason 1" in lines[0]
    assert [letter["id"] for letter in desk.listed("--since", "150m", "--until", "90m")] == [
        f"{desk.token}/3"
    ]
    newest = desk.run("list", "--key", desk.token, "--limit", "1")
    assert len(newest.stdout.splitlines()) == 1
    assert "reason 2" in newest.stdout
    assert newest.stderr == "the newest 1 of 3\n"


def test_a_letter_is_shown_with_its_bytes(desk: Desk) -> None:
    """By its id or the beginning of it; an id that is none ends with 1."""
    letter = desk.put(value=b"red \x1b[31m", error_class=ErrorClass.DECODE)
    shown = desk.run("show", letter[:-1])
    assert shown.exit_code == 0
    assert "error:          decode" in shown.stdout
    assert shown.stdout.endswith("red \\x1b[31m\n")
    told = json.loads(desk.run("show", letter, "--json").stdout)
    assert (told["id"], told["value_base64"]) == (letter, "cmVkIBtbMzFt")
    unknown = desk.run("show", f"{desk.token}/none")
    assert (unknown.exit_code, unknown.stdout) == (1, "")
    assert "productops dlq list --all" in unknown.stderr


def test_a_key_that_is_not_text_is_given_in_hexadecimal(desk: Desk) -> None:
    """It is shown so, and chosen so; what is no hexadecimal is refused."""
    key = b"\xff\x00" + desk.token.encode()
    letter = desk.put(key=key)
    desk.put(42)
    assert f"key:            {key.hex()} (hexadecimal)" in desk.run("show", letter).stdout
    listed = json.loads(desk.run("list", "--key-hex", key.hex(), "--json").stdout)["letters"]
    assert [one["id"] for one in listed] == [letter]
    assert desk.run("drop", "--key-hex", key.hex(" ").upper(), "--yes").exit_code == 0
    assert [one["id"] for one in desk.listed()] == [f"{desk.token}/42"]
    for wrong in (("--key-hex", "abc"), ("--key-hex", "zz"), ("--key", "k", "--key-hex", "6b")):
        refused = desk.run("list", *wrong)
        assert (refused.exit_code, refused.stdout) == (2, "")
        assert "--key-hex" in refused.stderr


def test_a_dry_run_says_what_would_be_done_and_does_nothing(desk: Desk) -> None:
    """Neither the topic nor the letter changes."""
    letter = desk.put()
    for command in ("replay", "drop"):
        result = desk.run(command, letter, "--dry-run")
        assert result.exit_code == 0
        assert result.stdout.startswith("would be ")
    assert [one["state"] for one in desk.listed()] == ["open"]
    assert desk.replayed() == []


def test_a_replayed_letter_is_settled_and_its_record_is_back(desk: Desk) -> None:
    """The record has its bytes, key and partition, and says where it comes from."""
    letter = desk.put(attempts=2)
    result = desk.run("replay", letter)
    assert (result.exit_code, result.stderr) == (0, "1 replayed\n")
    (record,) = desk.replayed()
    assert record.value == b"the customer's words"
    headers = dict(record.headers)
    assert headers["productops-origin"] == f"{RECEIVED.name}/3/41".encode()
    assert headers["productops-attempts"] == b"2"
    assert headers["trace"] == b"t"
    assert desk.listed() == []
    (settled,) = desk.listed("--all")
    assert settled["state"] == "replayed"
    again = desk.run("replay", letter)
    assert again.exit_code == 1
    assert "it was replayed on" in again.stderr
    assert len(desk.replayed()) == 1


def test_a_filter_replays_what_can_be_replayed_and_names_the_rest(desk: Desk) -> None:
    """One refusal does not hold up the others, and the exit code tells of it."""
    good = desk.put(1)
    cut = desk.put(2, truncated=True)
    source = Origin(topic=RECEIVED.name, source_name="support", record_id="7")
    mapped = desk.put(3, origin=source)
    result = desk.run("replay", "--key", desk.token, "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert told["replayed"] == [good]
    remedies = {one["id"]: one["remedy"] for one in told["refused"]}
    assert set(remedies) == {cut, mapped}
    assert "productops sources try support" in remedies[mapped]
    assert len(desk.replayed()) == 1


def test_a_limit_takes_the_oldest(desk: Desk) -> None:
    """What has waited longest goes first; the rest stays open."""
    now = datetime.now(UTC)
    for number in (1, 2, 3):
        desk.put(number, at=now - timedelta(hours=number))
    assert desk.run("replay", "--key", desk.token, "--limit", "2").exit_code == 0
    assert [one["id"] for one in desk.listed()] == [f"{desk.token}/1"]


def test_an_old_record_needs_somebody_who_says_so(desk: Desk) -> None:
    """Beyond its reader's memory a replay is refused with the reason, until it is forced."""
    at = datetime.now(UTC) - timedelta(days=91)
    letter = desk.put(at=at)
    refused = desk.run("replay", letter)
    assert refused.exit_code == 1
    assert "feedback remembers for 90 days" in refused.stderr
    assert desk.replayed() == []
    assert desk.run("replay", letter, "--force").exit_code == 0
    assert len(desk.replayed()) == 1


def test_a_drop_asks_or_is_told(desk: Desk) -> None:
    """Without a terminal nobody can be asked: --yes says it."""
    letter = desk.put()
    unasked = desk.run("drop", letter)
    assert unasked.exit_code == 2
    assert "--yes" in unasked.stderr
    assert len(desk.listed()) == 1
    assert desk.run("drop", letter, "--yes").exit_code == 0
    assert [one["state"] for one in desk.listed("--all")] == ["dropped"]
    assert desk.replayed() == []


def test_the_topic_may_be_named_either_way(desk: Desk) -> None:
    """A dead-letter topic's name means the topic whose records it takes."""
    letter = desk.put()
    for name in (RECEIVED.name, RECEIVED.dead_letters):
        assert [one["id"] for one in desk.listed("--topic", name)] == [letter]
    assert desk.listed("--topic", REQUESTED.name) == []


def test_nothing_found_is_no_failure(desk: Desk) -> None:
    """Nothing on standard output, one line on the other, exit code 0."""
    for command in (("list",), ("replay",), ("drop", "--yes")):
        result = desk.run(*command, "--key", desk.token)
        assert (result.exit_code, result.stdout) == (0, ""), result.output
        assert "no dead letter matches" in result.stderr


def test_a_strangers_record_is_counted_and_stops_nobody(desk: Desk) -> None:
    """What is no letter in a dead-letter topic is told, and the letters are listed."""
    letter = desk.put()
    write(desk.kafka, topic_named(RECEIVED.dead_letters).name, [(b"x", b"rubbish")])
    result = desk.run("list", "--key", desk.token)
    assert result.exit_code == 0
    assert letter in result.stdout
    assert "are no letters" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("replay",), "narrow them by a filter"),
        (("replay", "one", "--topic", RECEIVED.name), "not both"),
        (("list", "--topic", "nowhere"), RECEIVED.name),
        (("list", "--since", "yesterday"), "24h"),
        (("list", "--error", "bad"), "mapping"),
        (("show",), "ID"),
        (("replay", "--limit", "0", "--key", "k"), "limit"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_is_right(
    arguments: tuple[str, ...], told: str
) -> None:
    """Nothing is asked of Kafka before the arguments make sense."""
    result = CliRunner().invoke(main, ["dlq", *arguments], env={"KAFKA_BOOTSTRAP_SERVERS": "x:1"})
    assert result.exit_code == 2
    assert told in result.stderr


def test_bad_settings_end_with_3() -> None:
    """The variable is named."""
    environment = {"KAFKA_SECURITY_PROTOCOL": "ROT13"}
    result = CliRunner().invoke(main, ["dlq", "list"], env=environment)
    assert result.exit_code == 3
    assert "KAFKA_SECURITY_PROTOCOL" in result.stderr


def test_a_broker_that_does_not_answer_ends_with_1() -> None:
    """One message with the address and the setting, no trace."""
    done = subprocess.run(
        [sys.executable, "-m", "workers.cli", "dlq", "list"],
        env={**os.environ, "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "127.0.0.1:1" in done.stderr
    assert "KAFKA_BOOTSTRAP_SERVERS" in done.stderr
    assert len(done.stderr.splitlines()) == 1
