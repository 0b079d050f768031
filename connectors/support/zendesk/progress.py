"""What a Zendesk checkpoint holds: one for all streams."""

from dataclasses import dataclass

from connectors.base.checkpoints import read_epoch
from connectors.base.contract import Checkpoint

__all__ = ["Progress"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far each stream has been read; times are seconds since 1970.

    ``since`` is kept with the first page, so that a source which is killed during its first
    pull reaches back to the same moment when it goes on.
    """

    since: int
    tickets: str | None
    """The export's cursor; it stays valid at the end of the stream."""
    events: int
    """The next ``start_time`` of ticket events."""
    ratings: int
    """Time of the newest rating of the last complete reading."""
    rating_page: str | None = None
    """Cursor within a reading of ratings that is under way."""
    rating_newest: int = 0
    """Time of the newest rating of the reading under way."""

    @classmethod
    def read(cls, checkpoint: Checkpoint | None, since: int) -> "Progress":
        """The progress in a checkpoint; raises ``ConfigurationError`` if it holds nonsense."""
        held = checkpoint or {}
        began = read_epoch(held, "since", since)
        return cls(
            since=began,
            tickets=held.get("tickets"),
            events=read_epoch(held, "events", began),
            ratings=read_epoch(held, "ratings", began),
            rating_page=held.get("rating_page"),
            rating_newest=read_epoch(held, "rating_newest", 0),
        )

    def checkpoint(self) -> Checkpoint:
        """As it is written."""
        held = {
            "since": str(self.since),
            "events": str(self.events),
            "ratings": str(self.ratings),
        }
        if self.tickets is not None:
            held["tickets"] = self.tickets
        if self.rating_page is not None:
            held["rating_page"] = self.rating_page
            held["rating_newest"] = str(self.rating_newest)
        return held
