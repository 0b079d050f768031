"""About how many records one transaction covers: fewer after one that came to no end in time."""

__all__ = ["ChunkBound"]


class ChunkBound:
    """Halves when a transaction was late, doubles with each that was not, up to what is set.

    Where a broker is slow, or records are large, what cannot be committed in time as a whole can
    in parts; tried again as it was, it would never be.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self.records = most
        """What the next transaction may cover."""

    def late(self) -> None:
        """A transaction did not end in time."""
        self.records = max(1, self.records // 2)

    def in_time(self) -> None:
        """A transaction was committed."""
        self.records = min(self._most, self.records * 2)
