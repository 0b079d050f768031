"""``productops replay`` beside a live role on a real Kafka, as an operator uses it."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from schemas.topics import CLASSIFIED, RECEIVED, REQUESTED, ROUTED
from tests.feedback.items import received
from tests.integration.replay.desk import GIZMO, GROUP, MONEY, Desk
from tests.integration.streaming.cluster import lag
from tests.own_ports import own_ports
from workers.archive.commands import rebuild_model
from workers.archive.engine import open_engine
from workers.archive.queries.items.item import item
from workers.config.settings import KafkaSettings, Settings
from workers.streaming.broker import EmbeddedBroker
from workers.streaming.topics.admin import apply_registry

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(300)]

ITEMS = 40
GIZMOS = {f"desk:ticket:{n}" for n in range(0, ITEMS, 4)}


def history() -> list[Any]:
    """Items of which every fourth speaks of gizmos, every second of an invoice; some comments."""
    said = []
    for n in range(ITEMS):
        item = f"desk:ticket:{n}"
        words = "my gizmo is blue" if item in GIZMOS else "hello there"
        said.append(received(f"{words}, {'see the invoice' if n % 2 else 'thank you'}", item=item))
        if n % 5 == 0:
            said.append(received("any news?", item=item, part="comment", hours=1))
    return said


def outputs(desk: Desk) -> dict[str, int]:
    """How many records each output holds."""
    return {topic.name: len(desk.said(topic)) for topic in (CLASSIFIED, ROUTED, REQUESTED)}


@pytest.fixture(scope="module")
def desk(kafka_jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The whole course: history, a dry run, a killed replay, new rules, a replay, life after it."""
    folder = tmp_path_factory.mktemp("replay")
    broker = EmbeddedBroker(folder / "kafka", cache_dir=kafka_jars)
    kafka = KafkaSettings(servers=(broker.start().bootstrap,))
    desk = Desk(kafka, folder, own_ports(5))
    try:
        apply_registry(kafka)
        run(desk)
        yield desk
    finally:
        desk.stop()
        broker.stop()


def run(desk: Desk) -> None:
    """Everything that happens, with what was seen on the way."""
    told = desk.told
    desk.configure(MONEY)
    desk.start()
    desk.feed(history())
    desk.caught_up()
    told["before"] = outputs(desk), desk.state()
    told["same rules"] = desk.replay()
    told["after same rules"] = outputs(desk), desk.state()

    desk.configure(GIZMO, MONEY)
    told["dry"] = desk.replay("--dry-run")
    told["after dry"] = outputs(desk), desk.state()
    told["killed"] = desk.command(module="tests.integration.replay.killed_replay")
    desk.feed([received("hm", item="desk:ticket:1", part="comment", hours=2)])
    desk.caught_up()
    told["after kill"] = outputs(desk), desk.state()

    desk.stop()
    desk.start()
    desk.becomes_ready()  # there is nothing to catch up with: what follows wants a live role
    told["replayed"] = desk.replay()
    told["migrate live"] = desk.command("state", "migrate", "feedback")
    told["after replay"] = outputs(desk), desk.state()
    told["again"] = desk.replay()
    told["after again"] = outputs(desk), desk.state()

    urgent = "the whole site is down, this is urgent"
    desk.feed([received(urgent, item="desk:ticket:0", part="comment", hours=3)])
    desk.caught_up()
    desk.configure(MONEY)
    desk.stop()
    told["stopped"] = desk.replay()
    told["migrate"] = desk.command("state", "migrate", "feedback")
    told["plain"] = desk.command("replay", "feedback", "--from", "1d", "--dry-run")
    told["end"] = outputs(desk), desk.state()


def test_the_same_rules_change_nothing(desk: Desk) -> None:
    """A replay without new rules writes nothing at all."""
    assert desk.told["same rules"]["records"] == len(history())
    assert desk.told["same rules"]["rows"] == ITEMS
    assert desk.told["same rules"]["changed"] == 0
    assert desk.told["after same rules"] == desk.told["before"]


def test_a_dry_run_tells_and_writes_nothing(desk: Desk) -> None:
    """It says how many items would go where, and leaves every topic as it is."""
    told = desk.told["dry"]
    assert (told["dry_run"], told["changed"]) == (True, len(GIZMOS))
    assert {(one["what"], one["before"], one["after"]) for one in told["differences"]} == {
        ("team", "none", "mobile"),
        ("receivers", "everybody", "money"),
    }
    assert desk.told["after dry"] == desk.told["before"]


def test_a_kill_before_the_commit_leaves_no_trace(desk: Desk) -> None:
    """Killed with everything written and nothing committed: as if it had never been started."""
    assert desk.told["killed"].returncode == -signal.SIGKILL, desk.told["killed"].stderr
    before, after = desk.told["before"], desk.told["after kill"]
    assert after[0] == before[0]
    assert {key for key in after[1] if after[1][key] != before[1][key]} == {b"desk:ticket:1"}


def test_the_routes_are_those_of_the_new_rules(desk: Desk) -> None:
    """Every item that speaks of gizmos has a route of the next revision, the others none."""
    assert desk.told["replayed"]["changed"] == len(GIZMOS)
    routes = [one for one in desk.said(ROUTED) if one.targets[0].route == "gizmo"]
    first = [one for one in routes if one.revision == 2]
    assert {one.item_id for one in first} == GIZMOS
    assert {(one.team, one.announced) for one in first} == {("mobile", False)}
    assert desk.told["after replay"][0][CLASSIFIED.name] == desk.told["before"][0][CLASSIFIED.name]


def test_nobody_is_informed_again(desk: Desk) -> None:
    """No message is asked for by any replay."""
    moments = ("before", "after kill", "after replay", "after again", "end")
    assert [desk.told[name][0][REQUESTED.name] for name in moments] == [ITEMS] * len(moments)


def test_running_it_again_changes_nothing(desk: Desk) -> None:
    """What is switched is switched."""
    assert desk.told["again"]["changed"] == 0
    assert desk.told["after again"] == desk.told["after replay"]


def test_the_live_role_goes_on_with_the_next_revision(desk: Desk) -> None:
    """It takes its partitions back, reads the new state, and counts on from there."""
    revisions: dict[str, list[int]] = {}
    for one in desk.said(ROUTED):
        revisions.setdefault(one.item_id, []).append(one.revision)
    assert all(found == list(range(1, len(found) + 1)) for found in revisions.values())
    labels = [one for one in desk.said(CLASSIFIED) if one.item_id == "desk:ticket:0"]
    assert [one.revision for one in labels] == list(range(1, len(labels) + 1))
    assert labels[-1].urgency == "critical"


def test_a_stopped_role_is_replayed_as_well(desk: Desk) -> None:
    """Back to the old rules with nobody running: the old routes, as revision 3."""
    assert desk.told["stopped"]["changed"] == len(GIZMOS)
    last = {one.item_id: one for one in desk.said(ROUTED)}
    assert {last[item].revision for item in GIZMOS} == {3}
    assert {last[item].targets[0].route for item in GIZMOS} == {"route"}


def test_the_read_model_shows_the_new_routes_of_announced_items(desk: Desk) -> None:
    """The archive follows the revisions; an item whose people were told is no silent history."""
    settings = Settings.from_environment(desk.environ, cwd=desk.folder)
    rebuild_model(settings, exchange=True)
    engine = open_engine(settings.database_url, read_only=True)
    with engine.connect() as connection:
        shown = [item(connection, f"desk:ticket:{n}") for n in range(ITEMS)]
    engine.dispose()
    seen = {one.item_id: one for one in shown if one is not None}
    assert len(seen) == ITEMS
    assert {seen[name].routed_revision for name in GIZMOS} == {3}
    assert {seen[name].targets[0].route for name in GIZMOS} == {"route"}
    assert {one.announced for one in seen.values()} == {True}


def test_the_state_of_a_running_role_is_not_migrated(desk: Desk) -> None:
    """It is refused with exit code 4; of a stopped one every row is looked at."""
    live, stopped = desk.told["migrate live"], desk.told["migrate"]
    assert (live.returncode, live.stdout) == (4, "")
    assert "role feedback is running (1 in group productops-feedback)" in live.stderr
    assert stopped.returncode == 0, stopped.stderr
    assert stopped.stdout.startswith("nothing to do: all ")


def test_people_get_a_short_table(desk: Desk) -> None:
    """What came of it on standard output, how it went on the other."""
    plain = desk.told["plain"]
    assert plain.returncode == 0
    numbers = dict(line.rsplit(maxsplit=1) for line in plain.stdout.splitlines()[1:4])
    assert numbers["decided anew"] == f"{ITEMS}"
    assert numbers["would be different"] == "0"
    assert plain.stderr.count("rows decided anew, 0 would change") == 4


def test_the_group_stands_where_it_stood(desk: Desk) -> None:
    """A replay commits no offsets: with nobody running, nothing waits to be read."""
    assert desk.role is None
    assert lag(desk.kafka, GROUP, [RECEIVED]) == 0
