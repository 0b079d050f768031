"""What the demo prints: plain lines for a log, a live view on a terminal."""

import io
import re

import pytest
from rich.console import Console

from workers.demo.tally import Line
from workers.demo.view import LiveView, PlainView, make_view

LONG = "support:ticket:35436 to ada: " + "area = billing and kind = bug and " * 8


class Terminal:
    """A terminal of 60 columns that remembers what was written."""

    def __init__(self) -> None:
        self.file = io.StringIO()
        self.console = Console(file=self.file, force_terminal=True, width=60, color_system=None)

    @property
    def written(self) -> str:
        """All of it, with control sequences."""
        return self.file.getvalue()

    @property
    def last_frame(self) -> list[str]:
        """The lines of the last picture, before it was taken away."""
        frames = re.split(r"(?:\r?\x1b\[[0-9]*[A-Z])+", self.written)
        (*_, last) = [frame for frame in frames if frame.strip()]
        return [line.rstrip() for line in re.sub(r"\x1b\[\?25[hl]", "", last).splitlines()]


class Log:
    """A file that is no terminal."""

    def __init__(self) -> None:
        self.file = io.StringIO()
        self.now = 0.0
        self.view = PlainView(Console(file=self.file, width=60), monotonic=lambda: self.now)

    @property
    def lines(self) -> list[str]:
        """What was written."""
        return self.file.getvalue().splitlines()


@pytest.fixture
def log() -> Log:
    """An empty log."""
    return Log()


@pytest.fixture
def terminal() -> Terminal:
    """A clean terminal."""
    return Terminal()


def test_a_plain_line_is_one_line_however_long(log: Log) -> None:
    """A script can read it: the stage in a column, the text unbroken, no control sequences."""
    with log.view as view:
        view.say("starting Kafka")
        view.line(Line("routed", LONG))
    assert log.lines == ["starting Kafka", f"routed      {LONG}"]
    assert "\x1b" not in log.file.getvalue()


def test_words_in_brackets_are_no_markup(log: Log, terminal: Terminal) -> None:
    """What a vendor's id or a reason holds is printed as it stands."""
    text = "support:ticket:1 to ada: text =~ [red]invoice[/red]"
    log.view.line(Line("routed", text))
    assert log.lines == [f"routed      {text}"]
    with LiveView(terminal.console) as view:
        view.say("[bold]up[/bold]")
        view.line(Line("routed", "text =~ [red]"))
    assert "[bold]up[/bold]" in terminal.written
    assert "text =~ [red]" in terminal.written


def test_plain_totals_are_said_when_they_change_and_not_too_often(log: Log) -> None:
    """At most every three seconds, and never the same totals twice."""
    for now, count in [(0, 0), (1, 5), (2, 9), (3, 9), (4, 9), (9, 9), (9.5, 12)]:
        log.now = float(now)
        log.view.counts({"received": count, "routed": count // 3})
    assert log.lines == [
        "total       received 0, routed 0",
        "total       received 9, routed 3",
        "total       received 12, routed 4",
    ]


def test_the_live_view_shows_totals_and_the_latest_lines(terminal: Terminal) -> None:
    """Numbers stand above their names; of the lines the last eight are there, in order."""
    with LiveView(terminal.console) as view:
        for number in range(20):
            view.line(Line("routed", f"item-{number}."))
        view.counts({"received": 1234, "dead letters": 7})
    frame = terminal.last_frame
    shown = [line for line in frame if line.startswith("routed")]
    assert shown == [f"routed      item-{number}." for number in range(12, 20)]
    numbers, names = [line for line in frame if line][-2:]
    assert numbers.split() == ["1234", "7"]
    assert names.split("  ") == ["received", "dead letters"]


def test_a_long_line_is_cut_on_a_terminal(terminal: Terminal) -> None:
    """The live view stays compact: one row a line."""
    with LiveView(terminal.console) as view:
        view.line(Line("routed", LONG))
    (line,) = [line for line in terminal.last_frame if line.startswith("routed")]
    assert len(line) <= 60
    assert line.endswith("…")


def test_the_terminal_is_left_as_it_was(terminal: Terminal) -> None:
    """What was said stays; the live part is taken away and the cursor is back."""
    with LiveView(terminal.console) as view:
        view.say("stopping")
        view.counts({"received": 1234})
    assert "stopping" in terminal.written
    assert terminal.written.rindex("\x1b[?25h") > terminal.written.rindex("\x1b[?25l")
    assert "1234" not in terminal.written[terminal.written.rindex("\x1b[2K") :]


def test_the_view_follows_the_place(terminal: Terminal) -> None:
    """On a terminal the live view, elsewhere plain lines."""
    assert isinstance(make_view(terminal.console), LiveView)
    assert isinstance(make_view(Console(file=io.StringIO())), PlainView)
