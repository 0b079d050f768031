"""What the demo shows while it runs: a compact live view on a terminal, plain lines elsewhere."""

import time
from collections import deque
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from workers.demo.tally import Line

__all__ = ["LiveView", "PlainView", "View", "make_view"]

_LINES = 8
_TOTALS_SECONDS = 3.0
_COLOURS = {"delivered": "green", "failed": "red", "expired": "yellow", "dead letter": "red"}


class View(Protocol):
    """Shows a run. Used as a context manager."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def say(self, text: str) -> None:
        """A step."""
        ...

    def line(self, line: Line) -> None:
        """Something that happened."""
        ...

    def counts(self, counts: Mapping[str, int]) -> None:
        """The totals as they stand."""
        ...


class PlainView:
    """One line a thing, as for a log. Totals are said when they have changed, every few seconds."""

    def __init__(self, console: Console, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._monotonic = monotonic
        self._last: dict[str, int] = {}
        self._due = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing to end."""

    def say(self, text: str) -> None:
        """See ``View``."""
        self._console.print(Text(text), soft_wrap=True)

    def line(self, line: Line) -> None:
        """See ``View``."""
        self._console.print(Text(f"{line.stage:<12}{line.text}"), soft_wrap=True)

    def counts(self, counts: Mapping[str, int]) -> None:
        """See ``View``."""
        now = self._monotonic()
        if dict(counts) != self._last and now >= self._due:
            self._last = dict(counts)
            self._due = now + _TOTALS_SECONDS
            parts = ", ".join(f"{name} {count}" for name, count in counts.items())
            self._console.print(Text(f"{'total':<12}{parts}"), soft_wrap=True)


class LiveView:
    """A few lines that stay in place at the end of the terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._recent: deque[Line] = deque(maxlen=_LINES)
        self._counts: Mapping[str, int] = {}
        self._live = Live(console=console, refresh_per_second=4, transient=True)

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the terminal as it was."""
        self._live.__exit__(kind, error, trace)

    def say(self, text: str) -> None:
        """See ``View``."""
        self._console.print(Text(text))

    def line(self, line: Line) -> None:
        """See ``View``."""
        self._recent.append(line)
        self._show()

    def counts(self, counts: Mapping[str, int]) -> None:
        """See ``View``."""
        self._counts = counts
        self._show()

    def _show(self) -> None:
        totals = Table.grid(padding=(0, 2))
        for _ in self._counts:
            totals.add_column(justify="right")
        totals.add_row(*(Text(str(count), style="bold") for count in self._counts.values()))
        totals.add_row(*(Text(name, style="dim") for name in self._counts))
        recent = [
            Text.assemble((f"{line.stage:<12}", _COLOURS.get(line.stage, "cyan")), line.text)
            for line in self._recent
        ]
        for text in recent:
            text.no_wrap = True
            text.overflow = "ellipsis"
        self._live.update(Group(Text(""), *recent, Text(""), totals))


def make_view(console: Console) -> View:
    """The live view on a terminal, the plain one elsewhere."""
    return LiveView(console) if console.is_terminal else PlainView(console)
