"""One child process of the supervisor: started on a leash, its output in a file."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from workers.runtime.leash import leashed

__all__ = ["Child", "ChildSpec"]

_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """What to run, and how it is called in messages."""

    name: str
    command: Sequence[str]
    log_file: Path
    environment: Mapping[str, str]
    ready_url: str | None = None
    """Answers 200 once the child does its work; ``None``: it is ready when it runs."""


class Child:
    """A running child. It has a session of its own, so that a Ctrl-C reaches only us."""

    def __init__(self, spec: ChildSpec) -> None:
        self.spec = spec
        spec.log_file.parent.mkdir(parents=True, exist_ok=True)
        with spec.log_file.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own commands
                leashed(list(spec.command)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, **spec.environment},
            )

    @property
    def pid(self) -> int:
        """Process id; the leash leaves no process in between."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """Exit code, ``None`` while it runs; below 0: the signal that ended it."""
        return self._process.poll()

    def last_lines(self, count: int = 20) -> str:
        """The end of its log."""
        try:
            text = self.spec.log_file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return "(no log)"
        return "\n".join(text.splitlines()[-count:])

    def terminate(self) -> None:
        """Ask it to stop."""
        if self.exit_code is None:
            self._process.send_signal(signal.SIGTERM)

    def wait(self, seconds: float) -> bool:
        """Wait for its end; ``False`` when it still runs after ``seconds``."""
        deadline = time.monotonic() + seconds
        while self.exit_code is None:
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def kill(self) -> None:
        """End it now."""
        if self.exit_code is None:
            self._process.kill()
        self._process.wait()
