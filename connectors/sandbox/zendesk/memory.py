"""What the simulator must not forget: which company it is, and when it ran.

The file begins with the seed and the founding moment; later lines are the beginnings of
sessions and how far into them the world has looked. A restarted simulator serves the same
company, and everything it ever showed.
"""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from connectors.sandbox.company.live import Session
from connectors.sandbox.durable import Journal

__all__ = ["Memory", "StateMismatchError"]


class StateMismatchError(ValueError):
    """The state file belongs to another seed. The message names both and the remedy."""


class Memory:
    """The simulator's own history; with no ``path`` it is forgotten at the end."""

    def __init__(self, path: Path | None, *, seed: int, now: datetime) -> None:
        self._journal = Journal(path) if path else None
        self.founded = now
        self._sessions: list[Session] = []
        found = False
        for line in self._journal.lines() if self._journal else ():
            if "seed" in line:
                if line["seed"] != seed:
                    raise StateMismatchError(
                        f"{path} belongs to seed {line['seed']}, not to {seed}: "
                        f"use that seed, or remove the file to begin again"
                    )
                self.founded = datetime.fromisoformat(line["founded"])
                found = True
            elif "session" in line:
                start = datetime.fromisoformat(line["start"])
                self._sessions.append(Session(line["session"], start))
            elif "shown" in line:
                shown = datetime.fromisoformat(line["shown"])
                self._sessions[-1] = replace(self._sessions[-1], until=shown)
        if not found and self._journal:
            self._journal.append({"seed": seed, "founded": now.isoformat()})

    @property
    def past(self) -> tuple[Session, ...]:
        """The sessions that have ended, oldest first."""
        return tuple(self._sessions)

    def begin(self, now: datetime) -> Session:
        """A new session begins."""
        session = Session(len(self._sessions), now)
        if self._journal:
            self._journal.append({"session": session.number, "start": now.isoformat()})
        return session

    def shown(self, at: datetime) -> None:
        """The world is about to see arrivals up to this moment."""
        if self._journal:
            self._journal.append({"shown": at.isoformat()})
