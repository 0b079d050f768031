"""Write ``workers/streaming/broker/jars.json``: what Kafka's version needs, by content.

Run after changing ``KAFKA_VERSION``: ``.venv/bin/python scripts/pin_kafka.py``. The logging
binding is resolved in a request of its own: beside ``kafka_2.13`` in one request it brings in an
old ``kafka-clients``; without it the broker's log is lost.
"""

import json
import tempfile
from pathlib import Path

from jgo.maven import Dependency, MavenContext

from workers.streaming.broker import jars

COORDINATES = (
    f"org.apache.kafka:kafka_2.13:{jars.KAFKA_VERSION}",
    "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4",
)


def main() -> None:
    """Resolve, download, hash, write."""
    found: dict[str, tuple[str, str]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        context = MavenContext(repo_cache=Path(scratch))
        for coordinate in COORDINATES:
            group, name, version = coordinate.split(":")
            wanted = context.project(group, name).at_version(version).artifact()
            direct, transitive = context.resolver.resolve([Dependency(wanted)])
            for artifact in (dependency.artifact for dependency in (*direct, *transitive)):
                path = Path(artifact.resolve())
                pin = f"{artifact.groupId}:{artifact.artifactId}:{artifact.version}"
                found.setdefault(path.name, (pin, jars.sha256(path)))
    target = Path(jars.__file__).with_name("jars.json")
    target.write_text(json.dumps(dict(sorted(found.values())), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
