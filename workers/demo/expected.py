"""What the seeded company must have produced in the end, told by the sandbox that made it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Expected"]


@dataclass(frozen=True, slots=True)
class Expected:
    """Computed from the seed's own data, never from what a worker did."""

    items: Mapping[str, frozenset[str]]
    """Item ids by source."""
    received: Mapping[str, int]
    """Distinct events by source."""
    dead: Mapping[str, int]
    """Number of records by source that must end as dead letters."""
    announced: frozenset[str]
    """Ids of the items that people must have been told about."""

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Expected":
        """From the sandbox's own account of itself (``/_sandbox/expectation``)."""
        sources: Mapping[str, Any] = told["sources"]
        return cls(
            items={name: frozenset(source["items"]) for name, source in sources.items()},
            received={name: source["received"] for name, source in sources.items()},
            dead={name: len(source["refused"]) for name, source in sources.items()},
            announced=frozenset(
                item for source in sources.values() for item in source["announced"]
            ),
        )
