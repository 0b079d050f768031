"""Kafka's jars: pinned by content, complete or absent, fetched once."""

import hashlib
import re
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from workers.streaming.broker.jars import KAFKA_VERSION, JarsError, class_path, pinned

FILES = {
    "org.apache.kafka:kafka_2.13:4.3.1": b"the broker",
    "org.apache.kafka:kafka-clients:4.3.1": b"its clients",
    "org.apache.logging.log4j:log4j-core:2.25.4": b"its log",
}
PINS = {coordinate: hashlib.sha256(data).hexdigest() for coordinate, data in FILES.items()}


class Mirror:
    """In the place of Maven Central."""

    def __init__(self, **altered: bytes) -> None:
        """``altered``: content by artifact, with ``_`` for ``-`` and ``.``."""
        self._altered = altered
        self.fetched: list[str] = []

    def __call__(self, repository: Path, coordinates: Iterable[str]) -> Iterator[tuple[str, Path]]:
        repository.mkdir(parents=True)
        for coordinate in coordinates:
            _, name, version = coordinate.split(":")
            self.fetched.append(coordinate)
            file = repository / f"{name}-{version}.jar"
            file.write_bytes(self._altered.get(re.sub(r"\W", "_", name), FILES[coordinate]))
            yield coordinate, file


class NoNetwork(Mirror):
    """Nothing can be fetched, or only so much."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self._after = after

    def __call__(self, repository: Path, coordinates: Iterable[str]) -> Iterator[tuple[str, Path]]:
        for number, found in enumerate(super().__call__(repository, coordinates)):
            if number == self._after:
                raise JarsError("cannot fetch it from Maven Central")
            yield found


def jars_in(cache: Path) -> dict[str, bytes]:
    """The jars of the broker's folder."""
    folder = cache / f"kafka-{KAFKA_VERSION}"
    return {file.name: file.read_bytes() for file in folder.glob("*.jar")}


def leavings(cache: Path) -> list[str]:
    """What is in the cache beside the jars and the lock."""
    return [file.name for file in cache.iterdir() if file.name != "lock"]


def test_missing_jars_are_fetched_into_the_cache(tmp_path: Path) -> None:
    """The class path names a folder of ours with every pinned jar, and nothing is left beside."""
    path = class_path(tmp_path / "cache", pins=PINS, fetch=Mirror())
    assert path == str(tmp_path / "cache" / f"kafka-{KAFKA_VERSION}" / "*")
    assert jars_in(tmp_path / "cache") == {
        "kafka_2.13-4.3.1.jar": b"the broker",
        "kafka-clients-4.3.1.jar": b"its clients",
        "log4j-core-2.25.4.jar": b"its log",
    }
    assert leavings(tmp_path / "cache") == [f"kafka-{KAFKA_VERSION}"]


def test_complete_jars_are_not_fetched_again(tmp_path: Path) -> None:
    """A second start needs no network."""
    first = class_path(tmp_path, pins=PINS, fetch=Mirror())
    assert class_path(tmp_path, pins=PINS, fetch=NoNetwork(0)) == first


def test_a_tampered_jar_is_refused(tmp_path: Path) -> None:
    """Other bytes than the pinned ones never reach the class path; the error says what to do."""
    with pytest.raises(JarsError) as error:
        class_path(tmp_path, pins=PINS, fetch=Mirror(kafka_clients=b"its clients, and more"))
    assert "org.apache.kafka:kafka-clients:4.3.1 is not the pinned file" in str(error.value)
    assert f"delete {tmp_path}" in str(error.value)
    assert leavings(tmp_path) == []


@pytest.mark.parametrize("after", range(len(FILES)))
def test_a_fetch_that_breaks_off_leaves_nothing(tmp_path: Path, after: int) -> None:
    """However far it came: the next try begins anew, and is not taken in by half a folder."""
    with pytest.raises(JarsError, match="cannot fetch"):
        class_path(tmp_path, pins=PINS, fetch=NoNetwork(after))
    assert leavings(tmp_path) == []
    class_path(tmp_path, pins=PINS, fetch=Mirror())
    assert len(jars_in(tmp_path)) == len(FILES)


def test_a_folder_without_its_marker_is_made_anew(tmp_path: Path) -> None:
    """Jars that nobody vouches for are replaced, not completed."""
    folder = tmp_path / f"kafka-{KAFKA_VERSION}"
    folder.mkdir()
    (folder / "stranger.jar").write_bytes(b"who knows")
    class_path(tmp_path, pins=PINS, fetch=Mirror())
    assert "stranger.jar" not in jars_in(tmp_path)


def test_several_who_ask_at_once_fetch_once(tmp_path: Path) -> None:
    """One fetches; the others wait, and never pull the folder away under a running broker."""
    mirror, gate = Mirror(), threading.Barrier(4)
    paths: list[str] = []

    def ask() -> None:
        gate.wait()
        paths.append(class_path(tmp_path, pins=PINS, fetch=mirror))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(mirror.fetched) == sorted(PINS)
    assert len(set(paths)) == 1
    assert len(paths) == 4


def test_the_pins_are_of_this_version() -> None:
    """The committed list pins the broker of our version, and every jar by its content."""
    pins = pinned()
    assert f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}" in pins
    assert f"org.apache.kafka:kafka-clients:{KAFKA_VERSION}" in pins
    assert all(re.fullmatch(r"[0-9a-f]{64}", pin) for pin in pins.values())
    assert len({coordinate.rsplit(":", 1)[0] for coordinate in pins}) == len(pins)
    assert any(":log4j-slf4j" in coordinate for coordinate in pins), "else its log is lost"
