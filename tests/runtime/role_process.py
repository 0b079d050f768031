"""A role of the tests as a process of its own: ``role_process.py FOLDER PORT MANNER``.

It is ready while the file ``ready`` is in the folder and alive while ``stuck`` is not. What it
does is written to ``diary``, a line each. The manner is ``steady`` (runs until it is told to
stop), ``failing`` (raises once ``fail`` is in the folder), ``short`` (ends by itself), ``deaf``
(goes on when it is told to stop), or ``alone`` (serves no health addresses).
"""

import asyncio
import sys
from pathlib import Path

from workers.config.settings import KafkaSettings, Settings
from workers.observability.logs import configure_logging
from workers.observability.metrics import Metrics
from workers.runtime.process import run_process
from workers.runtime.stop_limit import STOP_SECONDS

_LOOK_SECONDS = 0.01


class Scripted:
    """Fulfils ``Runnable``."""

    def __init__(self, folder: Path, manner: str) -> None:
        self._folder = folder
        self._manner = manner

    @property
    def ready(self) -> bool:
        """Whether the file is there."""
        return (self._folder / "ready").exists()

    @property
    def alive(self) -> bool:
        """Whether the other file is not."""
        return not (self._folder / "stuck").exists()

    async def run(self, stop: asyncio.Event) -> None:
        """Run in the manner."""
        self.note("running")
        try:
            if self._manner == "short":
                return
            while self._manner == "failing":
                if (self._folder / "fail").exists():
                    raise ArithmeticError("the sums do not add up")
                await asyncio.sleep(_LOOK_SECONDS)
            await stop.wait()
            self.note("told to stop")
            if self._manner == "deaf":
                await asyncio.Event().wait()
        finally:
            self.note("tidied up")

    def note(self, what: str) -> None:
        """Write into the diary."""
        with (self._folder / "diary").open("a", encoding="utf-8") as diary:
            diary.write(f"{what}\n")


def main() -> None:
    """Run as a role does."""
    folder, port, manner = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    configure_logging("scripted", form="json")
    settings = Settings(folder, folder, KafkaSettings(), "sqlite://")
    role = Scripted(folder, manner)
    run_process(
        "scripted",
        role,
        Metrics(),
        settings,
        None if manner == "alone" else port,
        stop_seconds=0.1 if manner == "deaf" else STOP_SECONDS,
    )
    role.note("returned")


if __name__ == "__main__":
    main()
