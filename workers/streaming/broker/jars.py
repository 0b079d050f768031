"""Kafka's jars: fetched once by jgo, pinned by coordinate and content, kept in a folder of ours.

``scripts/pin_kafka.py`` resolves the dependencies when the version changes and writes
``jars.json``; here they are only downloaded. (A jgo *environment* would do both, and fetch a
whole JDK into the home folder besides.)
"""

import fcntl
import hashlib
import importlib.resources
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

__all__ = ["KAFKA_VERSION", "JarsError", "class_path"]

KAFKA_VERSION = "4.3.1"
_CHUNK = 1 << 20


class JarsError(Exception):
    """The jars cannot be fetched, or are not what they must be. The message says what to do."""


def pinned() -> Mapping[str, str]:
    """Coordinate (``group:artifact:version``) and SHA-256 of every jar, from ``jars.json``."""
    text = (importlib.resources.files(__package__) / "jars.json").read_text(encoding="utf-8")
    jars: dict[str, str] = json.loads(text)
    return jars


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_CHUNK):
            digest.update(block)
    return digest.hexdigest()


Fetch = Callable[[Path, Iterable[str]], Iterable[tuple[str, Path]]]
"""Downloads jars into a folder; gives each coordinate with its file."""


def class_path(
    cache_dir: Path, *, pins: Mapping[str, str] | None = None, fetch: Fetch | None = None
) -> str:
    """Java class path of the broker; fetches what is missing into ``cache_dir``.

    Raises ``JarsError``. A complete folder is trusted by its marker: the hashes were checked
    when it was made. Several processes may ask at once: one fetches, the others wait for it.
    """
    folder = cache_dir / f"kafka-{KAFKA_VERSION}"
    if not _is_complete(folder):
        cache_dir.mkdir(parents=True, exist_ok=True)
        with (cache_dir / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not _is_complete(folder):
                _fill(folder, pins or pinned(), fetch or _fetch)
    return str(folder / "*")


def _is_complete(folder: Path) -> bool:
    return (folder / ".complete").exists()


def _fill(folder: Path, pins: Mapping[str, str], fetch: Fetch) -> None:
    cache_dir = folder.parent
    with tempfile.TemporaryDirectory(dir=cache_dir, prefix="fetch-") as scratch:
        staging = Path(scratch) / "jars"
        staging.mkdir()
        for coordinate, source in fetch(Path(scratch) / "maven", pins):
            if sha256(source) != pins[coordinate]:
                raise JarsError(
                    f"{coordinate} is not the pinned file (its SHA-256 differs): delete "
                    f"{cache_dir} and try again; if it stays so, the package mirror serves "
                    "altered files"
                )
            shutil.copyfile(source, staging / source.name)
        (staging / ".complete").touch()
        if folder.exists():
            shutil.rmtree(folder)
        staging.rename(folder)


def _fetch(repository: Path, coordinates: Iterable[str]) -> Iterator[tuple[str, Path]]:
    """Download the jars, nothing outside ``repository`` being touched."""
    from jgo.maven import MavenContext  # noqa: PLC0415 - slow to import

    context = MavenContext(repo_cache=repository, timeout=30)
    for coordinate in coordinates:
        group, name, version = coordinate.split(":")
        try:
            jar = context.project(group, name).at_version(version).artifact().resolve()
        except Exception as error:  # jgo raises whatever its HTTP and XML layers raise
            raise JarsError(
                f"cannot fetch {coordinate} from Maven Central: {error}. Check the network, or set "
                "KAFKA_BOOTSTRAP_SERVERS to a Kafka that is running already"
            ) from error
        yield coordinate, Path(jar)
