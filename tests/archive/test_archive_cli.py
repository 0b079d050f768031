"""``productops archive``: what it prints, and with which code it ends."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from tests.archive.story import Story
from workers.archive.engine import open_engine
from workers.archive.ledger import Advance, Extent, Spot
from workers.archive.meta import projection_is_current, set_facts
from workers.archive.migrate import upgrade
from workers.archive.projection import project
from workers.archive.writer import Batch, Writer
from workers.cli.archive import archive

Run = Callable[..., Result]


def _run(url: str, folder: Path, *arguments: str) -> Result:
    surroundings = {
        "PRODUCTOPS_DATABASE_URL": url,
        "PRODUCTOPS_STATE_DIR": str(folder / "state"),
        "KAFKA_BOOTSTRAP_SERVERS": None,
    }
    return CliRunner().invoke(archive, list(arguments), env=surroundings, catch_exceptions=False)


@pytest.fixture
def run(archive_url: str, tmp_path: Path) -> Run:
    """Runs a command against the database of the test, without Kafka."""
    return partial(_run, archive_url, tmp_path)


def test_migrate_says_what_it_did(run: Run) -> None:
    """The first run names the revision it reached, the second that there was nothing to do."""
    first, second = run("migrate"), run("migrate")
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "an empty database" in first.stdout
    assert "nothing to do" in second.stdout
    assert json.loads(run("migrate", "--json").stdout)["changed"] is False


def test_status_of_a_database_without_tables_names_the_remedy(run: Run) -> None:
    """Exit code 1 and the command that makes the tables; not a stack trace."""
    found = run("status")
    assert found.exit_code == 1
    assert "productops archive migrate" in found.stdout


def test_status_before_anything_ran_makes_no_file(tmp_path: Path) -> None:
    """Asking is not making: where nothing has run, the remedy is named and no file appears."""
    done = _run(f"sqlite:///{tmp_path}/nowhere/archive.sqlite", tmp_path, "status")
    assert done.exit_code == 1
    assert "productops archive migrate" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_status_tells_rows_lag_and_age(run: Run, engine: Engine, story: Story) -> None:
    """As text and as JSON: rows by table, records behind, the age of the model."""
    assert projection_is_current(engine)
    spot = Spot("feedback.item.received.v1", 0)
    writer = Writer(engine)
    claim = writer.take_over({spot: Extent(0, 5)}, owner="me").claims[spot]
    step = Advance(spot, claim.fence, 0, 1, 5, wrote=True)
    writer.write(Batch([project(story.received("1"))], [step]))
    told = run("status", "--json")
    assert told.exit_code == 0
    found = json.loads(told.stdout)
    assert found["current"] is True
    assert (found["rows"]["items"], found["behind"]) == (1, 4)
    assert 0 <= found["age_seconds"] < 60
    assert found["partitions"][0]["owner"] == "me"
    text = run("status")
    assert text.exit_code == 0
    assert "items 1" in text.stdout
    assert "4 records behind" in text.stdout


def test_status_of_an_outdated_model_asks_for_a_rebuild(run: Run, engine: Engine) -> None:
    """Rows of another projection version end with exit code 1 and the command."""
    set_facts(engine, projection_version="0")
    found = run("status")
    assert found.exit_code == 1
    assert "productops archive rebuild" in found.stdout


def test_a_rebuild_without_kafka_says_what_to_start(run: Run, engine: Engine) -> None:
    """Without a cluster nothing is touched, and the remedy is named."""
    del engine
    done = run("rebuild")
    assert done.exit_code == 1
    assert "productops kafka start" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("url", "code", "words"),
    [
        ("mysql://someone:secret@localhost/x", 3, "PRODUCTOPS_DATABASE_URL"),
        ("postgresql://someone:secret@127.0.0.1:1/x", 1, "does not answer"),
    ],
)
def test_an_unusable_database_is_named_without_its_password(
    tmp_path: Path, url: str, code: int, words: str
) -> None:
    """A wrong kind of database is a configuration error, one that is away a failure."""
    for command in ("status", "migrate"):
        done = _run(url, tmp_path, command)
        assert done.exit_code == code
        assert words in done.stderr
        assert "secret" not in done.output


def test_a_newer_database_is_not_migrated(run: Run, archive_url: str) -> None:
    """An older program refuses, with exit code 1, and says which side to upgrade."""
    engine = open_engine(archive_url)
    upgrade(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    done = run("migrate")
    assert done.exit_code == 1
    assert "9999" in done.stderr
