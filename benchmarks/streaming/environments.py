"""Each contender in an environment of its own, made once under the state folder."""

import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["kafka_streams_classpath", "libraries", "python_with"]


def python_with(folder: Path, name: str, *packages: str) -> Path:
    """A Python with these packages and nothing else."""
    home = folder / name
    python = home / "bin" / "python"
    if not _complete(home, packages):
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", *packages], check=True)
        _completed(home, packages)
    return python


def libraries(folder: Path, name: str, *packages: str) -> Path:
    """A folder of packages to lay beside this environment's own."""
    home = folder / name
    if not _complete(home, packages):
        shutil.rmtree(home, ignore_errors=True)
        pip = [sys.executable, "-m", "pip", "install", "-q", "--target", str(home)]
        subprocess.run([*pip, *packages], check=True)
        _completed(home, packages)
    return home


def kafka_streams_classpath(folder: Path, source: Path, version: str) -> str | None:
    """Class path with the compiled job; ``None`` where there is no Java compiler."""
    javac = shutil.which("javac")
    if javac is None:
        return None
    home = folder / "kafka-streams"
    jars = home / "jars"
    coordinates = (
        f"org.apache.kafka:kafka-streams:{version}",
        "com.fasterxml.jackson.core:jackson-databind:2.21.2",
    )
    if not _complete(home, coordinates):
        _download(home, jars, coordinates)
        _completed(home, coordinates)
    subprocess.run(
        [javac, "-nowarn", "-cp", f"{jars}/*", "-d", str(home / "classes"), str(source)], check=True
    )
    return f"{home / 'classes'}:{jars}/*"


def _download(home: Path, jars: Path, coordinates: tuple[str, ...]) -> None:
    from jgo.env import EnvironmentBuilder, LinkStrategy
    from jgo.maven import MavenContext

    jars.mkdir(parents=True, exist_ok=True)
    context = MavenContext(repo_cache=home / "maven", timeout=30)
    builder = EnvironmentBuilder(context, cache_dir=home / "jgo", link_strategy=LinkStrategy.COPY)
    for coordinate in coordinates:
        for jar in builder.from_endpoint(coordinate).all_jars:
            shutil.copyfile(jar, jars / jar.name)


def _complete(home: Path, packages: tuple[str, ...]) -> bool:
    found = home / ".complete"
    return found.exists() and found.read_text(encoding="utf-8") == "\n".join(packages)


def _completed(home: Path, packages: tuple[str, ...]) -> None:
    (home / ".complete").write_text("\n".join(packages), encoding="utf-8")
