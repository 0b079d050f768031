"""A role that has lost its place halts; the command that it names brings it on, on a real Kafka."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schemas.topics import CLASSIFIED, RECEIVED
from tests.feedback.items import received
from tests.integration.replay.desk import MONEY, Desk
from tests.integration.replay.halted import HaltedRole
from tests.integration.streaming.cluster import read_committed, until
from tests.own_ports import own_ports
from workers.config.settings import KafkaSettings
from workers.streaming.broker import EmbeddedBroker
from workers.streaming.engine.stream_time import from_metadata
from workers.streaming.topics.admin import apply_registry

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(240)]

SEEN = [f"desk:ticket:seen-{n}" for n in range(24)]
"""Items that the role has read before it loses its place: some in each partition."""
UNSEEN = [f"desk:ticket:unseen-{n}" for n in range(24)]
"""Items that come while it is away."""
LATER = "desk:ticket:later"


@pytest.fixture
def role(kafka_jars: Path, tmp_path: Path) -> Iterator[HaltedRole]:
    """A role that has read what there is, and was stopped in order."""
    broker = EmbeddedBroker(tmp_path / "kafka", cache_dir=kafka_jars)
    kafka = KafkaSettings(servers=(broker.start().bootstrap,))
    desk = Desk(kafka, tmp_path, own_ports(5))
    try:
        apply_registry(kafka)
        desk.configure(MONEY)
        desk.start()
        desk.feed([received("hello there", item=item) for item in SEEN])
        desk.caught_up()
        desk.stop()
        yield HaltedRole(desk)
    finally:
        desk.stop()
        broker.stop()


def told(desk: Desk) -> Counter[str]:
    """How often each item was classified, by distinct event: repeats of one event are one."""
    ids = {json.loads(record.value)["id"] for record in read_committed(desk.kafka, CLASSIFIED)}
    return Counter(one.removeprefix("classified/").rpartition("/")[0] for one in ids)


def goes_on(role: HaltedRole) -> None:
    """Start it again: it becomes ready, and decides what comes."""
    role.start()
    until(lambda: role.ready() == 200, "the role is ready")
    role.desk.feed([received("and one more", item=LATER)])
    role.desk.caught_up()


def test_a_gap_is_accepted_and_nothing_else_is_lost(role: HaltedRole) -> None:
    """Records that are gone halt the role, unready; the command named there brings it on.

    It is refused while the halted role is in its group, also without a change where it is only
    looked; only partitions with a gap are moved, and the known stream time stays.
    """
    desk = role.desk
    desk.feed([received("never read", item=UNSEEN[0])])
    role.lose_records()
    before, rows = role.offsets(), desk.state()
    role.start()
    halted = role.halted()
    assert "retention has removed what was before" in halted["reason"]
    until(lambda: role.ready() == 503, "the role is not ready")
    way_out = role.way_out("reset", "--expired")

    refused = desk.command(*way_out)
    assert (refused.returncode, refused.stdout) == (4, "")
    assert "role feedback is running (1 in group productops-feedback)" in refused.stderr
    shown = desk.command("offsets", "show", "feedback")
    assert shown.returncode == 1
    assert shown.stdout.count("expired: 1 are gone") == 1
    tried = desk.command(*way_out, "--dry-run", "--json")
    assert tried.returncode == 0
    desk.stop()
    assert role.offsets() == before

    done = desk.command(*way_out, "--json")
    assert done.returncode == 0, done.stderr
    moves = json.loads(done.stdout)["partitions"]
    assert moves == json.loads(tried.stdout)["partitions"]
    [move] = moves
    assert (move["gone"], move["again"], move["skipped"], move["waiting"]) == (1, 0, 0, 0)
    after = role.offsets()
    moved = {tp for tp in after if after[tp].offset != before[tp].offset}
    assert {tp.partition for tp in moved} == {move["partition"]}
    kept = {tp.partition: from_metadata(before[tp].metadata) for tp in before}
    assert all(0 < kept[tp.partition] <= from_metadata(after[tp].metadata) for tp in moved)
    goes_on(role)
    assert rows.items() <= desk.state().items()
    assert told(desk) == Counter([*SEEN, LATER])


def test_lost_offsets_are_set_to_about_where_it_stood(role: HaltedRole) -> None:
    """What is read again is recognised, and what came meanwhile is decided."""
    desk = role.desk
    desk.feed([received("came meanwhile", item=item) for item in UNSEEN])
    rows = desk.state()
    role.lose_offsets()
    role.start()
    assert "no committed offsets" in role.halted()["reason"]
    until(lambda: role.ready() == 503, "the role is not ready")
    desk.stop()
    first = min(record.timestamp for record in read_committed(desk.kafka, RECEIVED))
    when = datetime.fromtimestamp(first / 1000, UTC).isoformat()
    done = desk.command(*role.way_out("reset", "--to TIME", TIME=when))
    assert done.returncode == 0, done.stderr
    assert f"{RECEIVED.name} partition 0: none -> 0, " in done.stdout
    assert "0 records are skipped" in done.stderr
    goes_on(role)
    assert rows.items() <= desk.state().items()
    assert told(desk) == Counter([*SEEN, *UNSEEN, LATER])
    repeated = read_committed(desk.kafka, CLASSIFIED)
    assert len(repeated) == len(SEEN) + len(UNSEEN) + 1


@pytest.mark.parametrize("words", [["--expired", "--to-earliest"], ["--expired", "--to TIME"]])
def test_a_place_beyond_the_end_is_left_for_what_is_there(
    role: HaltedRole, words: list[str]
) -> None:
    """Both choices read again what is held, and count none of it again."""
    desk, rows = role.desk, role.desk.state()
    role.stand_beyond(5)
    role.start()
    assert "the topic was created anew, or has lost records" in role.halted()["reason"]
    until(lambda: role.ready() == 503, "the role is not ready")
    desk.stop()
    done = desk.command(*role.way_out("reset", *words, TIME="2026-01-01"), "--json")
    assert done.returncode == 0, done.stderr
    waiting = sum(move["waiting"] for move in json.loads(done.stdout)["partitions"])
    assert waiting == len(SEEN)
    goes_on(role)
    assert rows.items() <= desk.state().items()
    assert told(desk) == Counter([*SEEN, LATER])
    assert len(read_committed(desk.kafka, CLASSIFIED)) == len(SEEN) + 1


def test_a_topic_made_anew_is_read_from_its_beginning(role: HaltedRole) -> None:
    """Once somebody has said so: the role cannot tell it from one whose offsets are lost."""
    desk, rows = role.desk, role.desk.state()
    role.make_anew()
    desk.feed([received("came into the new one", item=item) for item in UNSEEN])
    role.start()
    assert "no committed offsets" in role.halted()["reason"]
    desk.stop()
    done = desk.command(*role.way_out("reset", "feedback --to-earliest"))
    assert done.returncode == 0, done.stderr
    goes_on(role)
    assert rows.items() <= desk.state().items()
    assert told(desk) == Counter([*SEEN, *UNSEEN, LATER])


def test_a_cleared_role_makes_its_state_anew(role: HaltedRole) -> None:
    """As the other way out: asked for by name, refused while it runs, then all is read again."""
    desk = role.desk
    desk.feed([received("came meanwhile", item=item) for item in UNSEEN])
    rows = desk.state()
    role.lose_offsets()
    role.start()
    way_out = role.way_out("state clear")
    assert desk.command(*way_out).returncode == 2
    assert desk.command(*way_out, "--yes").returncode == 4
    looked = desk.command(*way_out, "--dry-run")
    assert looked.returncode == 0, looked.stderr
    assert "would be deleted; it reads 48 records from the beginning" in looked.stdout
    desk.stop()
    assert desk.state() == rows
    done = desk.command(*way_out, "--yes")
    assert done.returncode == 0, done.stderr
    assert [value for value in desk.state().values() if value is not None] == []
    goes_on(role)
    assert {item.encode() for item in (*SEEN, *UNSEEN, LATER)} <= desk.state().keys()
    assert told(desk) == Counter([*SEEN, *UNSEEN, LATER])


def test_a_row_is_shown(role: HaltedRole) -> None:
    """As JSON with where it stands; a key without a row is told with where was looked."""
    found = role.desk.command("state", "show", "feedback", SEEN[0])
    assert found.returncode == 0, found.stderr
    assert isinstance(json.loads(found.stdout), dict)
    assert "platform.feedback.changelog.v1 partition" in found.stderr
    missing = role.desk.command("state", "show", "feedback", "desk:ticket:nobody")
    assert (missing.returncode, missing.stdout) == (1, "")
    assert "role feedback has no row 'desk:ticket:nobody'" in missing.stderr
