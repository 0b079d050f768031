"""Kafka's jars: fetched once by jgo, pinned by content, kept in a folder of ours.

Two separate requests, because a logging binding beside ``kafka_2.13`` in one request resolves
an old ``kafka-clients``; and without the binding the broker's log is lost.
"""

import hashlib
import importlib.resources
import json
import shutil
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

__all__ = ["KAFKA_VERSION", "JarsError", "class_path"]

KAFKA_VERSION = "4.3.1"
_COORDINATES = (
    f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}",
    "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4",
)
_CHUNK = 1 << 20
_DOWNLOADS = 6


class JarsError(Exception):
    """The jars cannot be fetched, or are not what they must be. The message says what to do."""


def pinned() -> Mapping[str, str]:
    """Name and SHA-256 of every jar, as committed in ``jars.json``."""
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


def class_path(cache_dir: Path) -> str:
    """Java class path of the broker; fetches what is missing into ``cache_dir``.

    Raises ``JarsError``. A complete folder is trusted by its marker: the hashes were checked
    when it was made.
    """
    folder = cache_dir / f"kafka-{KAFKA_VERSION}"
    if not (folder / ".complete").exists():
        _fill(folder, cache_dir)
    return str(folder / "*")


def _fill(folder: Path, cache_dir: Path) -> None:
    cache_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache_dir, prefix="fetch-") as scratch:
        fetched = _fetch(Path(scratch))
        staging = Path(scratch) / "jars"
        staging.mkdir()
        for name, expected in pinned().items():
            source = fetched.get(name)
            if source is None:
                raise JarsError(f"{name} is pinned but was not among the jars fetched for Kafka")
            if sha256(source) != expected:
                raise JarsError(
                    f"{name} is not the pinned file (its SHA-256 differs): delete {cache_dir} and "
                    "try again; if it stays so, the package mirror serves altered files"
                )
            shutil.copyfile(source, staging / name)
        (staging / ".complete").touch()
        if folder.exists():
            shutil.rmtree(folder)
        staging.rename(folder)


def _fetch(scratch: Path) -> dict[str, Path]:
    """Resolve and download with jgo, nothing outside ``scratch`` being touched.

    Only its Maven part is used: building a jgo environment would fetch a whole JDK into the
    home folder, merely to look for module descriptions.
    """
    from jgo.maven import Artifact, Dependency, MavenContext  # noqa: PLC0415 - slow to import

    context = MavenContext(repo_cache=scratch / "maven", timeout=30)
    jars: dict[str, Path] = {}

    def resolve(artifact: Artifact) -> Path:
        return Path(artifact.resolve())

    for coordinate in _COORDINATES:
        group, name, version = coordinate.split(":")
        wanted = context.project(group, name).at_version(version).artifact()
        try:
            direct, transitive = context.resolver.resolve([Dependency(wanted)])
            with ThreadPoolExecutor(_DOWNLOADS) as pool:
                found = list(pool.map(resolve, (d.artifact for d in (*direct, *transitive))))
        except Exception as error:  # jgo raises whatever its HTTP and XML layers raise
            raise JarsError(
                f"cannot fetch {coordinate} from Maven Central: {error}. Check the network, or set "
                "KAFKA_BOOTSTRAP_SERVERS to a Kafka that is running already"
            ) from error
        for jar in found:
            jars.setdefault(jar.name, jar)
    return jars
