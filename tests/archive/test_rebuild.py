"""Building the read model anew: the same rows, exchanged in one go, under everybody's eyes."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, inspect

from schemas.topics import RECEIVED, ROUTED
from tests.archive.log import Log, LogSource
from tests.archive.story import START, Story
from tests.integration.streaming.cluster import until
from workers.archive.intake.intake import IntakeSettings
from workers.archive.ledger import Advance, Extent, FencedError, Spot
from workers.archive.meta import fact, projection_is_current, set_facts
from workers.archive.projection import project
from workers.archive.rebuild import RebuildRunningError, Rebuilt, rebuild
from workers.archive.rebuild.only_one import only_one
from workers.archive.status import status
from workers.archive.tables import PROJECTED, gaps, items, meta, offsets
from workers.archive.writer import Batch, Writer

Rows = Callable[..., list[dict[str, Any]]]
QUICK = IntakeSettings(wait=0.01)


def _log(story: Story) -> Log:
    log = Log()
    for number in range(5):
        at = START + timedelta(minutes=number)
        log.append(story.received(f"{number}", at=at, text="words"), story.routed(f"{number}", 1))
    log.append(story.record(RECEIVED.name, b"rubbish"), story.dead_letter(RECEIVED))
    log.append(story.checkpoint(at=START))
    return log


async def _rebuild(url: str, log: Log, **options: Any) -> Rebuilt:
    source = LogSource(log)
    return await rebuild(url, source, owner="rebuild", cluster_id="c", settings=QUICK, **options)


async def test_a_rebuilt_model_holds_what_the_topics_hold(
    archive_url: str, engine: Engine, story: Story, rows: Rows
) -> None:
    """Rows that no topic explains go, rows that were lost come back, and it says how many."""
    log = _log(story)
    stray = project(Story().received("stray"))
    Writer(engine).write(Batch([stray], ()))
    done = await _rebuild(archive_url, log)
    assert [item["item_id"][-1] for item in rows(engine, items)] == ["0", "1", "2", "3", "4"]
    assert (done.before["items"], done.after["items"]) == (1, 5)
    assert (done.after["unreadable"], done.after["dead_letters"]) == (1, 1)
    assert (done.records, done.exchanged) == (13, True)
    assert done.seconds > 0
    at = {row["topic"]: row["next_offset"] for row in rows(engine, offsets)}
    assert (at[RECEIVED.name], at[ROUTED.name]) == (6, 5)
    assert projection_is_current(engine)
    assert fact(engine, "rebuilt_at") is not None


async def test_rebuilding_twice_gives_the_same_rows(
    archive_url: str, engine: Engine, story: Story, rows: Rows
) -> None:
    """A rebuild is a function of the topics."""
    log = _log(story)
    await _rebuild(archive_url, log)
    first = [rows(engine, table) for table in PROJECTED]
    await _rebuild(archive_url, log)
    assert [rows(engine, table) for table in PROJECTED] == first


async def test_a_running_archive_is_fenced_by_the_exchange_and_goes_on(
    archive_url: str, engine: Engine, story: Story, rows: Rows
) -> None:
    """A batch begun before the exchange fails; the next takeover goes on from the new offsets."""
    log = _log(story)
    spot = Spot(RECEIVED.name, 0)
    writer = Writer(engine)
    old = writer.take_over({spot: Extent(0, 6)}, owner="role", cluster_id="c").claims[spot]
    await _rebuild(archive_url, log)
    stale = Advance(spot, old.fence, old.next_offset, 1, 6, wrote=True)
    with pytest.raises(FencedError):
        writer.write(Batch([project(story.received("9"))], [stale]))
    again = writer.take_over({spot: Extent(0, 6)}, owner="role", cluster_id="c")
    assert again.claims[spot].next_offset == 6
    assert again.claims[spot].fence == old.fence + 2
    assert again.gaps == []
    assert len(rows(engine, items)) == 5


async def test_a_dry_run_changes_nothing(
    archive_url: str, engine: Engine, story: Story, rows: Rows
) -> None:
    """The new model is built and counted, then thrown away."""
    Writer(engine).write(Batch([project(Story().received("old"))], ()))
    done = await _rebuild(archive_url, _log(story), exchange=False)
    assert (done.before["items"], done.after["items"], done.exchanged) == (1, 5, False)
    assert [item["item_id"] for item in rows(engine, items)] == ["support:ticket:old"]
    assert rows(engine, offsets) == []


async def test_nothing_of_the_second_model_is_left_behind(
    archive_url: str, engine: Engine, story: Story, tmp_path: Path
) -> None:
    """Neither the file nor the schema of the second model outlives the rebuild, nor a failure."""
    await _rebuild(archive_url, _log(story))
    source = LogSource(_log(Story()))
    source.fails = [RuntimeError("broken")]
    with pytest.raises(RuntimeError, match="broken"):
        await rebuild(archive_url, source, owner="r", cluster_id="c", settings=QUICK)
    assert _left_behind(engine, archive_url, tmp_path) == []


def _left_behind(engine: Engine, url: str, folder: Path) -> list[str]:
    schemas = [name.removesuffix("_rebuild") for name in inspect(engine).get_schema_names()]
    files = [file.name for file in folder.glob("*rebuild*")]
    return files + [schema for schema in schemas if schemas.count(schema) > 1 and schema in url]


async def test_a_rebuild_forgets_gaps_that_it_closes(
    archive_url: str, engine: Engine, story: Story, rows: Rows
) -> None:
    """A gap says what this model lacks, so a new model has only its own."""
    log = _log(story)
    with engine.begin() as connection:
        gap = {"topic": "a", "partition": 0, "first_offset": 1, "next_offset": 2}
        connection.execute(gaps.insert(), gap | {"found_at": START, "reason": "x"})
    await _rebuild(archive_url, log)
    assert rows(engine, gaps) == []


def test_rows_of_another_projection_ask_for_a_rebuild(engine: Engine, rows: Rows) -> None:
    """An empty model is of this version; one that was filled by another version is not."""
    assert projection_is_current(engine)
    assert {row["name"] for row in rows(engine, meta)} == {"projection_version"}
    set_facts(engine, projection_version="0")
    assert not projection_is_current(engine)
    assert not status(engine, datetime.now(UTC)).current


async def test_a_second_rebuild_is_refused_while_one_runs(
    archive_url: str, engine: Engine, story: Story
) -> None:
    """It would write into the model that the first one builds; after that one's end it may."""
    log = _log(story)
    with only_one(engine):
        with pytest.raises(RebuildRunningError, match="wait for its end, or stop it"):
            await _rebuild(archive_url, log)
        assert fact(engine, "rebuilt_at") is None
    assert (await _rebuild(archive_url, log)).exchanged


def test_the_lock_of_a_rebuild_ends_with_its_process(archive_url: str, engine: Engine) -> None:
    """Killed in the middle it leaves nothing that a person would have to remove."""
    script = (
        "import sys; from workers.archive.engine import open_engine; "
        "from workers.archive.rebuild.only_one import only_one\n"
        "with only_one(open_engine(sys.argv[1])):\n"
        "    print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, archive_url], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(RebuildRunningError), only_one(engine):
            pass
        holder.kill()
    until(lambda: _free(engine), "the lock is free")


def _free(engine: Engine) -> bool:
    try:
        with only_one(engine):
            return True
    except RebuildRunningError:  # a server takes a moment to notice
        return False
