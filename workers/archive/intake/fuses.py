"""The archive's fuse: a bad deploy must not empty a topic into the table ``unreadable``.

Single bad records are set aside and their partition goes on. When too many come, the fault is
rather ours than theirs: the partition stands still before they are committed, by the same limits
as a task of a stream role, and a person decides.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from workers.archive.ledger import Spot
from workers.archive.projection import Projected
from workers.streaming.engine.halts.fuse import Fuse, FuseBlownError, FuseLimits
from workers.streaming.engine.halts.halt import HaltError

__all__ = ["Fuses", "PartitionsHaltedError"]


class PartitionsHaltedError(HaltError):
    """Too many records of these partitions cannot be taken in; nothing of them was written."""

    remedy = (
        "deploy a version of the archive that can read them, or mend what writes to the topic, "
        "then restart the role. If the records themselves are beyond reading, restart it with "
        "PRODUCTOPS_FUSE=false until it has set them aside in the table unreadable; a later "
        "version that can read them takes them in by `productops archive rebuild`"
    )

    def __init__(self, reasons: Mapping[Spot, str]) -> None:
        """``reasons``: for each partition how many of how many, and what is wrong with one."""
        told = (f"{spot.topic} partition {spot.partition}: {why}" for spot, why in reasons.items())
        super().__init__("; ".join(told))
        self.reasons = reasons


class Fuses:
    """A fuse for each partition; they forget when ownership does: that is a new try."""

    def __init__(self, limits: FuseLimits) -> None:
        self._limits = limits
        self._fuses: dict[Spot, Fuse] = {}

    def forget(self) -> None:
        """Nothing of what was judged counts any more."""
        self._fuses.clear()

    # Invariant 2: single records are set aside, a partition is not.
    def judge(self, projected: Sequence[Projected], dead: Mapping[int, str]) -> None:
        """Take the fate of a batch; ``dead`` is what is wrong with a record, by its index.

        Raises ``PartitionsHaltedError`` with every partition whose fuse has blown.
        """
        blown: dict[Spot, str] = {}
        for spot, indices in _by_spot(projected).items():
            fuse = self._fuses.setdefault(spot, Fuse(self._limits))
            fates = [index in dead for index in indices]
            if not any(fates):
                fuse.passed(len(fates))
                continue
            try:
                fuse.judge(fates)
            except FuseBlownError as error:
                first = indices[fates.index(True)]
                offset = projected[first].record.offset
                blown[spot] = f"{error}, offset {offset} for one: {dead[first]}"
        if blown:
            raise PartitionsHaltedError(blown)


def _by_spot(projected: Sequence[Projected]) -> Mapping[Spot, Sequence[int]]:
    """Where in the batch each partition's records are, in their order."""
    found: dict[Spot, list[int]] = defaultdict(list)
    for index, one in enumerate(projected):
        found[Spot(one.record.topic, one.record.partition)].append(index)
    return found
