"""The course of a demo: proof before the banner, a verdict in time, an end in order."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.demo.flow import ANSWERS, REPLY, TICKETS, TOLD, good_run
from workers import __version__
from workers.config.settings import KafkaSettings
from workers.demo.loopback import answers
from workers.demo.pages import items_on_page
from workers.demo.reader import TopicReader
from workers.demo.run import Addresses, DemoRun
from workers.demo.stage import Stage
from workers.demo.tally import Line
from workers.runtime.supervisor import ChildDiedError

ITEMS = (*TICKETS, *ANSWERS)


@dataclass
class Site:
    """The servers of a demo in one: the page's JSON, and the sandbox's own account."""

    listed: list[str] = field(default_factory=list)
    """Items that the pages list, two a page."""
    asked: int = 0
    """How often somebody asked for items."""
    base: str = ""

    def answer(self, path: str) -> Any:
        """The JSON at an address; raises ``KeyError`` for others."""
        parts = urlsplit(path)
        if parts.path == "/api/items":
            self.asked += 1
            start = int(parse_qs(parts.query).get("after", ["0"])[0])
            page = self.listed[start : start + 2]
            more = str(start + 2) if start + 2 < len(self.listed) else None
            return {"items": [{"item_id": item} for item in page], "older": more}
        return {
            "/_sandbox/expectation": {
                "sources": {
                    "support": {
                        "items": TICKETS,
                        "parts": {TICKETS[0]: ["opening", REPLY]}
                        | {item: ["opening"] for item in TICKETS[1:]},
                        "refused": [],
                        "announced": TOLD,
                        "later": {},
                    },
                    "survey": {
                        "items": ANSWERS,
                        "parts": {item: ["opening"] for item in ANSWERS},
                        "refused": ["history.csv:7"],
                        "announced": [],
                        "later": {},
                    },
                }
            },
            "/_sandbox/counts": {"keys": {f"m/{item}": 1 for item in TOLD}},
        }[parts.path]


@pytest.fixture
def site() -> Iterator[Site]:
    """A site on a port of 127.0.0.1."""
    made = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                body = json.dumps(made.answer(self.path)).encode()
            except KeyError:
                self.send_error(404)
                return
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    made.base = f"http://127.0.0.1:{server.server_port}"
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


class Notes:
    """A view that writes down what it is shown."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.totals: Mapping[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def say(self, text: str) -> None:
        self.said.append(text)

    def line(self, line: Line) -> None:
        self.said.append(line.text)

    def counts(self, counts: Mapping[str, int]) -> None:
        self.totals = counts


class Props(Stage):
    """A stage on which nothing runs."""

    def __init__(
        self, *, dead: str | None = None, fails: str | None = None
    ) -> None:  # nothing runs
        self.settings = SimpleNamespace(kafka=KafkaSettings(servers=("127.0.0.1:1",)))  # type: ignore[assignment]
        self.dead = dead
        self.fails = fails
        self.diary: list[str] = []

    def cluster_up(self) -> None:
        self.diary.append("cluster up")
        if self.fails:
            raise ChildDiedError(self.fails)

    def check(self) -> None:
        if self.dead:
            raise ChildDiedError(self.dead)

    def down(self) -> None:
        self.diary.append("down")

    def memory_bytes(self) -> int:
        return 700 << 20


class Topics(TopicReader):
    """A reader of records that are at hand, one more at every poll."""

    def __init__(self, run: DemoRun, before_end: Callable[[], None] = lambda: None) -> None:
        self.tally = run._tally
        self._rows = list(good_run().rows)
        self._before_end = before_end

    def poll(self) -> Iterator[Line]:
        if not self._rows:
            self._before_end()
            return
        row = self._rows.pop(0)
        line = self.tally.add(row.topic, row.value)
        if line is not None:
            yield line


@pytest.fixture
def make(site: Site, tmp_path: Path) -> Callable[..., DemoRun]:
    """A run of a demo against the site."""

    def made(
        view: Notes, stage: Stage | None = None, stopped: Callable[[], bool] = lambda: False
    ) -> DemoRun:
        addresses = Addresses(site.base, site.base, site.base, "127.0.0.1:19092", tmp_path)
        return DemoRun(stage or Props(), addresses, view, stopped)

    return made


def test_once_ends_when_everything_has_arrived(site: Site, make: Callable[..., DemoRun]) -> None:
    """The verdict waits for the records that are still on their way, then it is good."""
    view = Notes()
    run = make(view)
    site.listed = [*ITEMS]
    report = run.until_complete(Topics(run), seconds=60)
    assert report.missing == ()
    assert report.ok
    assert view.totals["routed"] == 5
    assert "support:ticket:1 to #pay" in view.said


def test_once_ends_when_time_is_up(site: Site, make: Callable[..., DemoRun]) -> None:
    """What did not arrive in time is named."""
    site.listed = [*TICKETS]
    run = make(Notes())
    report = run.until_complete(Topics(run), seconds=0)
    assert not report.ok
    assert "2 not on the page: survey:row:1, survey:row:2" in report.missing


def test_once_ends_when_the_user_says_so(make: Callable[..., DemoRun]) -> None:
    """Ctrl-C ends with a verdict on what there is."""
    run = make(Notes(), stopped=lambda: True)
    assert not run.until_complete(Topics(run), seconds=3600).ok


def test_a_server_that_does_not_answer_is_no_good_run(tmp_path: Path) -> None:
    """Without the sandbox's account nothing can be called complete."""
    nowhere = "http://127.0.0.1:1"
    addresses = Addresses(nowhere, nowhere, nowhere, "", tmp_path)
    run = DemoRun(Props(), addresses, Notes(), lambda: False)
    report = run.until_complete(Topics(run), seconds=0)
    assert not report.ok
    (line,) = report.missing
    assert line.startswith("a server of the demo does not answer: ")


def test_a_role_that_dies_ends_the_demo(make: Callable[..., DemoRun]) -> None:
    """The death is not waited out."""
    run = make(Notes(), Props(dead="role feedback ended"))
    with pytest.raises(ChildDiedError, match="role feedback ended"):
        run.until_complete(Topics(run), seconds=3600)
    with pytest.raises(ChildDiedError, match="role feedback ended"):
        run.watch(Topics(run), show_banner=lambda _: None)


def test_the_banner_comes_once_a_record_is_on_the_page(
    site: Site, make: Callable[..., DemoRun]
) -> None:
    """Not before: what the addresses promise can be seen there. And only once."""
    shown: list[tuple[str, int]] = []
    run = make(Notes(), stopped=lambda: site.asked > 0 and len(reader._rows) == 0)
    reader = Topics(run)
    polls: list[int] = []

    class Counting(Props):
        def check(self) -> None:
            polls.append(1)
            if len(polls) == 5:
                site.listed = [*TICKETS]

    run._stage = Counting()
    run.watch(reader, show_banner=lambda text: shown.append((text, len(polls))))
    ((banner, when),) = shown
    assert when == 5
    lines = banner.splitlines()
    assert lines[0] == f"ProductOps workers {__version__}: feedback is flowing"
    named = dict(line.split(maxsplit=1) for line in lines[1:])
    assert named["pages"] == site.base
    assert named["Kafka"] == "127.0.0.1:19092"
    assert named["memory"] == "700 MB in all"
    assert named["stop"] == "Ctrl-C"
    columns = {len(line) - len(line.split(maxsplit=1)[1]) for line in lines[1:]}
    assert columns == {10}


def test_everything_is_taken_down_when_coming_up_fails(make: Callable[..., DemoRun]) -> None:
    """A broker that does not start leaves nothing behind."""
    stage, view = Props(fails="no broker"), Notes()
    with pytest.raises(ChildDiedError, match="no broker"), make(view, stage).up():
        pass
    assert stage.diary == ["cluster up", "down"]
    assert view.said[-1] == "stopping"


def test_all_pages_of_the_inbox_are_read(site: Site) -> None:
    """Page after page, to the last one."""
    site.listed = [*ITEMS]
    assert items_on_page(site.base) == set(ITEMS)
    assert site.asked == 3


def test_an_inbox_without_an_end_is_given_up(site: Site) -> None:
    """Pages that go on for ever are an error, not a demo that hangs."""
    site.listed = ["the same"] * 2_000
    with pytest.raises(ValueError, match="more than 500 pages"):
        items_on_page(site.base)


def test_only_a_good_answer_counts_as_one(site: Site) -> None:
    """A 404 and a closed port are no answer."""
    assert answers(f"{site.base}/_sandbox/counts")
    assert not answers(f"{site.base}/nowhere")
    assert not answers("http://127.0.0.1:1/")
