"""Paging by number."""

from dataclasses import dataclass

__all__ = ["NumberedPages"]


@dataclass(frozen=True, slots=True)
class NumberedPages:
    """Pages 1, 2, 3, ... of a fixed size."""

    size: int
    first: int = 1
    last: int | None = None
    """The highest page the vendor serves (Freshdesk: 300); what is beyond needs a new start."""

    def following(self, number: int, count: int, *, total: int | None = None) -> int | None:
        """The next page's number, ``None`` at the end.

        ``count`` is how many records the page had, ``total`` how many pages there are where
        the vendor says so. Without a total, a page that is not full is the last.
        """
        after = number + 1
        if self.last is not None and after > self.last:
            return None
        if total is not None:
            return after if after < self.first + total else None
        return after if count >= self.size else None
