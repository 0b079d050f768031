"""Each peer in an environment of its own, made once under the state folder."""

import subprocess
import sys
from pathlib import Path

__all__ = ["kafka_streams_classpath", "python_with"]


def python_with(folder: Path, name: str, *packages: str) -> Path:
    """A Python with these packages."""
    home = folder / name
    python = home / "bin" / "python"
    if not (home / ".complete").exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", *packages], check=True)
        (home / ".complete").touch()
    return python


def kafka_streams_classpath(folder: Path, source: Path, version: str) -> str | None:
    """Class path with the compiled job; ``None`` where there is no Java compiler."""
    import shutil

    javac = shutil.which("javac")
    if javac is None:
        return None
    home = folder / "kafka-streams"
    jars = home / "jars"
    if not (home / ".complete").exists():
        from jgo.env import EnvironmentBuilder, LinkStrategy
        from jgo.maven import MavenContext

        jars.mkdir(parents=True, exist_ok=True)
        context = MavenContext(repo_cache=home / "maven", timeout=30)
        builder = EnvironmentBuilder(
            context, cache_dir=home / "jgo", link_strategy=LinkStrategy.COPY
        )
        for coordinate in (
            f"org.apache.kafka:kafka-streams:{version}",
            "com.fasterxml.jackson.core:jackson-databind:2.21.2",
        ):
            for jar in builder.from_endpoint(coordinate).all_jars:
                shutil.copyfile(jar, jars / jar.name)
        (home / ".complete").touch()
    subprocess.run(
        [javac, "-nowarn", "-cp", f"{jars}/*", "-d", str(home / "classes"), str(source)], check=True
    )
    return f"{home / 'classes'}:{jars}/*"
