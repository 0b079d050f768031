"""A job's process, and what it tells."""

import json
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["EndedError", "Mark", "Running"]

_CLOSE_SECONDS = 90.0

Mark = Mapping[str, Any]


class EndedError(Exception):
    """The process ended, or fell silent, before it told what was waited for."""


class Running:
    """A started job. What it told is kept in ``marks``."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], log_file: Path
    ) -> None:
        """Start it; what it says on stderr goes into ``log_file``."""
        self.started = time.monotonic()
        self.marks: list[Mark] = []
        self._log_file = log_file
        self._queue: queue.Queue[Mark | None] = queue.Queue()
        with log_file.open("wb") as log:
            self._process = subprocess.Popen(
                command, env=dict(environment), stdout=subprocess.PIPE, stderr=log
            )
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def ended(self) -> bool:
        """Whether the process is gone."""
        return self._process.poll() is not None

    def first(self, name: str, seconds: float) -> Mark:
        """The first mark of a name, told already or within ``seconds``."""
        told = [mark for mark in self.marks if mark["mark"] == name]
        return told[0] if told else self.next(name, seconds)

    def next(self, name: str, seconds: float) -> Mark:
        """The next mark of a name; raises ``EndedError``."""
        until = time.monotonic() + seconds
        while True:
            mark = self.poll(max(0.0, until - time.monotonic()))
            if mark is None:
                raise EndedError(f"no mark {name} within {seconds:.0f} s\n{self.last_words()}")
            if mark["mark"] == name:
                return mark

    def seen(self, events: int, seconds: float) -> Mark:
        """The mark that so many events are done."""
        mark = self.first("first", seconds)
        while mark["events"] < events:
            mark = self.next("seen", seconds)
        return mark

    def tasks(self) -> int:
        """How many tasks it has open, as far as it has told."""
        names = [mark["mark"] for mark in self.marks]
        return names.count("restored") - names.count("closed")

    def poll(self, seconds: float) -> Mark | None:
        """The next mark; ``None`` when none comes in time. Raises ``EndedError``."""
        try:
            mark = self._queue.get(timeout=seconds)
        except queue.Empty:
            return None
        if mark is None:
            raise EndedError(f"ended with {self._process.wait()}\n{self.last_words()}")
        self.marks.append(mark)
        return mark

    def result(self) -> Mark:
        """Its result, after an orderly close."""
        found = self.first("result", _CLOSE_SECONDS)
        self._process.wait(_CLOSE_SECONDS)
        return found

    def terminate(self) -> None:
        """Ask it to end in order."""
        self._process.send_signal(signal.SIGTERM)

    def kill(self) -> float:
        """SIGKILL, and when."""
        at = time.monotonic()
        self._process.kill()
        self._process.wait()
        return at

    def last_words(self) -> str:
        """The end of what it said on stderr."""
        return self._log_file.read_text(encoding="utf-8", errors="replace")[-2_000:]

    def _listen(self) -> None:
        stdout = self._process.stdout
        for line in stdout or ():
            if line.startswith(b'{"mark"'):
                self._queue.put(json.loads(line))
        self._queue.put(None)
