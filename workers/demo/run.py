"""The course of a demo: up, proof, banner, watching, down; or until everything has arrived."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from workers import __version__
from workers.demo.expected import Expected
from workers.demo.loopback import get_json
from workers.demo.pages import items_on_page
from workers.demo.reader import TopicReader
from workers.demo.stage import Stage
from workers.demo.tally import Tally
from workers.demo.verdict import Evidence, Report, judge
from workers.demo.view import View

__all__ = ["Addresses", "DemoRun"]

_JUDGE_SECONDS = 2.0
_MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a person looks."""

    web: str
    slack: str
    zendesk: str
    kafka: str
    state: Path


class DemoRun:
    """One demo from start to end, in one thread."""

    def __init__(
        self,
        stage: Stage,
        addresses: Addresses,
        view: View,
        stopped: Callable[[], bool],
    ) -> None:
        """``stopped`` tells whether the user has asked for the end."""
        self._stage = stage
        self._addresses = addresses
        self._view = view
        self._stopped = stopped
        self._tally = Tally()
        self._started = time.monotonic()

    @contextmanager
    def up(self) -> Iterator[TopicReader]:
        """Everything running, until the end of the block."""
        try:
            self._stage.cluster_up()
            reader = TopicReader(self._stage.settings.kafka, self._tally)
            try:
                reader.catch_up()
                self._stage.roles_up()
                yield reader
            finally:
                reader.close()
        finally:
            self._view.say("stopping")
            self._stage.down()

    def watch(self, reader: TopicReader, *, show_banner: Callable[[str], None]) -> None:
        """Show what flows until the user stops it; the banner once a record is on the page."""
        proven = False
        while not self._stopped():
            self._stage.check()
            self._show(reader)
            if not proven and self._on_page():
                proven = True
                show_banner(self.banner())

    def until_complete(self, reader: TopicReader, *, seconds: float) -> Report:
        """Show what flows until all that the seed must produce has arrived, or time is up."""
        deadline = time.monotonic() + seconds
        due = 0.0
        while True:
            self._stage.check()
            self._show(reader)
            now = time.monotonic()
            if now < due:
                continue
            report = self._judge()
            if report.ok or now > deadline or self._stopped():
                return report
            due = now + _JUDGE_SECONDS

    def banner(self) -> str:
        """What a user needs to know, in aligned lines; the last thing on the screen."""
        where = self._addresses
        memory = self._stage.memory_bytes() // _MEGABYTE
        rows = {
            "pages": where.web,
            "messages": f"{where.slack}  (the simulated Slack)",
            "Kafka": where.kafka,
            "state": f"{where.state}  (kept; a second demo goes on from here)",
            "logs": str(where.state / "log"),
            "memory": f"{memory} MB in all",
            "stop": "Ctrl-C",
        }
        lines = [f"{name:<10}{text}" for name, text in rows.items()]
        return "\n".join([f"ProductOps workers {__version__}: feedback is flowing", *lines])

    def _show(self, reader: TopicReader) -> None:
        for line in reader.poll():
            self._view.line(line)
        self._view.counts(self._tally.counts())

    def _on_page(self) -> bool:
        with suppress(OSError, ValueError, KeyError):
            return bool(get_json(f"{self._addresses.web}/api/items")["items"])
        return False

    def _judge(self) -> Report:
        try:
            told = get_json(f"{self._addresses.zendesk}/_sandbox/expectation")
            counts = get_json(f"{self._addresses.slack}/_sandbox/counts")
            on_page = items_on_page(self._addresses.web)
        except (OSError, ValueError, KeyError) as error:
            return _unjudged(self._tally, f"a server of the demo does not answer: {error}")
        evidence = Evidence(delivered=counts["keys"], on_page=on_page)
        seconds = time.monotonic() - self._started
        return judge(self._tally, Expected.of(told), evidence, seconds)


def _unjudged(tally: Tally, why: str) -> Report:
    nothing = Expected(
        items={}, parts={}, versions={}, dead={}, announced=frozenset(), later=frozenset()
    )
    report = judge(tally, nothing, Evidence(delivered={}, on_page=frozenset()), 0.0)
    return Report(**{**report.as_dict(), "ok": False, "missing": (why,)})  # type: ignore[arg-type]
