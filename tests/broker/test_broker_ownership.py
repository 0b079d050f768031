"""Who runs the broker of a folder: believed only where the process is really that one."""

import os
from pathlib import Path

import psutil
import pytest

from workers.streaming.broker import EmbeddedBroker
from workers.streaming.broker.ownership import Owner, read_owner, write_owner


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The owner's file of a folder."""
    return tmp_path / "owner.json"


@pytest.fixture
def broker(tmp_path: Path) -> EmbeddedBroker:
    """The broker of the same folder."""
    return EmbeddedBroker(tmp_path, cache_dir=tmp_path / "cache")


def ourselves(*, started: float = 0.0) -> Owner:
    """This process, with a start time that may be off by so many seconds."""
    return Owner(os.getpid(), psutil.Process().create_time() + started, 19_092)


def test_what_is_written_is_read(file: Path) -> None:
    """The record survives the way through the file, and nothing else is left beside it."""
    write_owner(file, ourselves())
    assert read_owner(file) == ourselves()
    assert list(file.parent.iterdir()) == [file]


def test_a_living_owner_is_found(file: Path, broker: EmbeddedBroker) -> None:
    """A process with the recorded id and start time is the one."""
    write_owner(file, ourselves())
    info = broker.status()
    assert info is not None
    assert (info.pid, info.bootstrap) == (os.getpid(), "127.0.0.1:19092")
    assert info.folder == file.parent
    assert info.memory_bytes > 1_000_000


@pytest.mark.parametrize("off", [-3600.0, -5.0, 5.0])
def test_a_reused_process_id_is_not_trusted(file: Path, broker: EmbeddedBroker, off: float) -> None:
    """Somebody else has the id now: nothing is said to run, and nobody is stopped for it."""
    write_owner(file, ourselves(started=off))
    assert broker.status() is None
    assert broker.stop() is False
    assert not file.exists()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"pid": "many", "started_at": 0, "port": 1}',
        '{"pid": -1, "started_at": 0, "port": 1}',
        '{"pid": 1, "started_at": null, "port": 1}',
    ],
)
def test_a_spoilt_record_is_no_record(file: Path, broker: EmbeddedBroker, text: str) -> None:
    """A file that holds something else is as good as none."""
    file.write_text(text, encoding="utf-8")
    assert read_owner(file) is None
    assert broker.status() is None
    assert broker.stop() is False


def test_without_a_record_nothing_runs(broker: EmbeddedBroker) -> None:
    """A folder in which no broker was ever started."""
    assert broker.status() is None
    assert broker.stop() is False
