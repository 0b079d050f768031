"""From the moment when an event was due to the moment when its answer was read.

A worker that keeps first exposures and answers each event with one of its own; who sends and who
reads are processes beside it, on the same machine. First the highest rate that all of them
together sustain, then three constant rates below it.
"""

import math
from dataclasses import dataclass

from contenders import platform
from running import EndedError, Mark, Running
from session import Session
from table import table

from schemas.topics import PARTITIONS, Topic

__all__ = ["latency"]

_SECONDS = 120.0
_SHARES = (0.1, 0.5, 0.8)
_WINDOW = 40_000
_MOST_EVENTS = 400_000
_SKIPPED = 0.2
"""Share of each run that warms up."""


@dataclass
class _Line:
    """The topics that events and answers go through, and how many have gone."""

    session: Session
    worker: Running
    inward: str
    outward: str
    sent: int = 0

    def send(self, events: int, *how: str) -> tuple[Mark, Mark]:
        """Send so many, await their answers: what the reader and the sender tell."""
        name = self.session.folder / f"endtoend-{self.sent}"
        common = ["--servers", self.session.servers, "--events", str(events)]
        common += ["--progress", str(name), "--skip", str(_SKIPPED)]
        reading = ["--topic", self.outward]
        reader = self.session.tool(["../endtoend/read.py", *common, *reading])
        reader.first("ready", _SECONDS)
        sending = ["--topic", self.inward, "--first", str(self.sent), *how]
        sender = self.session.tool(["../endtoend/send.py", *common, *sending])
        self.sent += math.ceil(events / 40) * 40
        try:
            return reader.first("result", _SECONDS), sender.first("result", _SECONDS)
        except EndedError as error:
            state = "has ended" if self.worker.ended else "runs"
            said = f"the worker {state}\n{self.worker.last_words()}"
            raise EndedError(f"{events:,} events {how}: {error}\n{said}") from error


def latency(session: Session) -> str:
    """p50 and p99 at shares of the highest rate; a table."""
    inward = Topic("bench.exposure.due.v1", "unit", "exposures that are answered")
    session.declare([inward])
    run = session.run(platform(), "latency", inward.name)
    worker = session.started(run, 0)
    for _ in range(PARTITIONS):
        worker.next("restored", _SECONDS)
    line = _Line(session, worker, inward.name, f"{run.name}.output")
    most = min(session.events, _MOST_EVENTS)
    line.send(most // 10, "--window", str(_WINDOW))
    highest = line.send(most, "--window", str(_WINDOW))[0]["per_second"]
    print(f"highest rate {highest:,.0f} events/s", flush=True)
    seconds = max(5.0, min(20.0, session.events / 50_000)) / (1 - _SKIPPED)
    rows = []
    for share in _SHARES:
        rate = highest * share
        answers, sender = line.send(int(rate * seconds), "--rate", str(rate))
        print(share, dict(answers), dict(sender), flush=True)
        rows.append(
            (
                f"{share:.0%}",
                f"{rate:,.0f}",
                f"{answers['p50']:.0f}",
                f"{answers['p99']:.0f}",
                f"{answers['max']:.0f}",
                f"{sender['late_ms']:.0f}",
            )
        )
    worker.terminate()
    worker.result()
    heads = ["share of the highest rate", ">events/s", ">p50 ms", ">p99 ms", ">longest ms"]
    made = table([*heads, ">latest send ms"], rows)
    most_of_all = f"Highest rate of worker, sender, reader and broker together: {highest:,.0f}"
    return f"{most_of_all} events/s.\n\n{made}"
