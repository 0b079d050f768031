"""Where the archive stands in each partition it owns, and what a batch moves it by."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from workers.archive.ledger import Advance, Claim, Extent, Spot

__all__ = ["Standing", "Standings"]


@dataclass(frozen=True, slots=True)
class Standing:
    """One owned partition."""

    fence: int
    next_offset: int
    """As the database has it."""
    end_offset: int

    @property
    def behind(self) -> int:
        """Records that wait in Kafka."""
        return max(0, self.end_offset - self.next_offset)


class Standings:
    """The owned partitions. Forgotten whole when ownership is in doubt."""

    def __init__(self) -> None:
        self._standings: dict[Spot, Standing] = {}

    def take(self, claims: Mapping[Spot, Claim], extents: Mapping[Spot, Extent]) -> None:
        """Own exactly these from now on."""
        self._standings = {
            spot: Standing(claim.fence, claim.next_offset, extents[spot].end)
            for spot, claim in claims.items()
        }

    def forget(self) -> None:
        """Own nothing."""
        self._standings = {}

    def steps(
        self, reached: Mapping[Spot, int], ends: Mapping[Spot, int], *, wrote: Iterable[Spot]
    ) -> tuple[Advance, ...]:
        """What moves the ledger to these positions."""
        with_rows = set(wrote)
        return tuple(
            Advance(
                spot,
                standing.fence,
                standing.next_offset,
                position,
                max(position, ends.get(spot, standing.end_offset)),
                wrote=spot in with_rows,
            )
            for spot, position in reached.items()
            if (standing := self._standings.get(spot)) is not None
        )

    def moved(self, steps: Iterable[Advance]) -> None:
        """The database has taken these steps."""
        for step in steps:
            standing = self._standings.get(step.spot)
            if standing is not None and standing.fence == step.fence:
                self._standings[step.spot] = replace(
                    standing, next_offset=step.next_offset, end_offset=step.end_offset
                )

    def __getitem__(self, spot: Spot) -> Standing:
        return self._standings[spot]

    def __contains__(self, spot: object) -> bool:
        return spot in self._standings

    @property
    def spots(self) -> tuple[Spot, ...]:
        """The owned partitions."""
        return tuple(self._standings)

    @property
    def behind(self) -> dict[Spot, int]:
        """Records that wait, by partition."""
        return {spot: standing.behind for spot, standing in self._standings.items()}
