"""What has been served how often: the simulator's own record, to hold results against."""

from collections import Counter
from typing import Any

__all__ = ["Tally"]


class Tally:
    """Counts every record served, by kind, id and version."""

    def __init__(self) -> None:
        self._served: Counter[tuple[str, str, str]] = Counter()
        self._calls: Counter[str] = Counter()

    def served(self, kind: str, record_id: object, version: object) -> None:
        """A record has been put on a page."""
        self._served[kind, str(record_id), str(version)] += 1

    def answered(self, status: int) -> None:
        """A call has been answered."""
        self._calls[str(status)] += 1

    def as_dict(self) -> dict[str, Any]:
        """Totals: what was served, what of it for the first time, what of it again."""
        kinds = sorted({kind for kind, _, _ in self._served})
        return {
            "answers": dict(sorted(self._calls.items())),
            "served": {kind: self._of(kind) for kind in kinds},
        }

    def _of(self, kind: str) -> dict[str, int]:
        times = [count for key, count in self._served.items() if key[0] == kind]
        ids = {key[1] for key in self._served if key[0] == kind}
        total = sum(times)
        return {
            "total": total,
            "distinct": len(times),
            "repeated": total - len(times),
            "records": len(ids),
        }
