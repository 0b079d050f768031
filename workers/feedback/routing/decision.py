"""Where an item goes."""

from dataclasses import dataclass
from datetime import timedelta

from schemas.feedback import Target
from workers.feedback.item.identity import digest

__all__ = ["Decision"]


@dataclass(frozen=True, slots=True)
class Decision:
    """The routes that took an item, with owner, team and deadline."""

    targets: tuple[Target, ...]
    """One a receiver, in the order of the routes; never empty."""
    team: str | None
    owner: str | None
    due_in: timedelta | None

    @property
    def key(self) -> tuple[object, ...]:
        """What makes two decisions the same: who gets it by which route, not the wording."""
        routes = tuple((target.receiver, target.route) for target in self.targets)
        return (self.team, self.owner, routes)

    @property
    def mark(self) -> str:
        """Short digest of ``key``, as an item's row keeps it."""
        return digest(repr(self.key))
