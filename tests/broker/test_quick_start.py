"""The file with which brokers start quickly: made once, by a broker's whole life, and then used."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from workers.streaming.broker import EmbeddedBroker
from workers.streaming.broker.quick_start import java_options, prepare


class Training:
    """A process that writes the file when it is told to end, or does not."""

    def __init__(self, *, writes: bool = True) -> None:
        self.runs = 0
        self._writes = writes

    @contextmanager
    def __call__(self, folder: Path, options: list[str]) -> Iterator[psutil.Process]:
        """See ``Train``."""
        self.runs += 1
        (option,) = options
        made = Path(option.removeprefix("-XX:AOTCacheOutput="))
        assert made.parent == folder.parent
        note = f"echo classes > {made}" if self._writes else "true"
        with psutil.Popen(
            ["sh", "-c", f"trap '{note}; exit' TERM; echo on; while :; do sleep 0.01; done"],
            stdout=-1,
        ) as process:
            process.stdout.readline()
            yield process


def test_the_file_is_made_once(tmp_path: Path) -> None:
    """By a broker that comes to its end; nothing else of it stays in the folder."""
    training = Training()
    assert java_options(tmp_path) == []
    assert prepare(tmp_path, training)
    (option,) = java_options(tmp_path)
    assert Path(option.removeprefix("-XX:AOTCache=")).read_text() == "classes\n"
    assert prepare(tmp_path, training)
    assert training.runs == 1
    assert [one.suffix for one in sorted(tmp_path.iterdir())] == [".aot", ".lock"]


def test_a_java_that_makes_no_such_file_is_gone_without(tmp_path: Path) -> None:
    """A broker starts as slowly as it always did."""
    assert not prepare(tmp_path, Training(writes=False))
    assert java_options(tmp_path) == []


@pytest.mark.kafka
def test_a_broker_uses_it_and_ignores_one_that_does_not_fit(
    kafka_jars: Path, tmp_path: Path
) -> None:
    """Its command names the file; of a file of something else Java makes no use, and starts."""
    broker = EmbeddedBroker(tmp_path / "quick", cache_dir=kafka_jars)
    info = broker.start()
    try:
        named = [
            word for word in psutil.Process(info.pid).cmdline() if word.startswith("-XX:AOTCache=")
        ]
        mapped = {one.path for one in psutil.Process(info.pid).memory_maps()}
    finally:
        broker.stop()
    (option,) = named
    kept = Path(option.removeprefix("-XX:AOTCache="))
    assert str(kept) in mapped, "Java has taken it"

    jars = tmp_path / kept.parent.name
    jars.mkdir()
    for jar in kept.parent.iterdir():
        (jars / jar.name).symlink_to(jar)
    (jars / kept.name).unlink()
    (jars / kept.name).write_bytes(b"something else")
    other = EmbeddedBroker(tmp_path / "slow", cache_dir=tmp_path)
    try:
        assert other.start().pid
    finally:
        other.stop()
