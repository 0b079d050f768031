"""What the seeded company must have produced in the end, told by the sandbox that made it.

State that is kept from a live demo holds more than the seed: what arrived in it may be there,
need not be, and hides nothing that is missing of the seed.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Expected", "Part"]

Part = tuple[str, str]
"""Item id and part id: one thing that a customer said."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Computed from the sandbox's own data, never from what a worker did."""

    items: Mapping[str, frozenset[str]]
    """Item ids of the seed by source."""
    parts: Mapping[str, frozenset[Part]]
    """Parts of these items by source: each must be received."""
    versions: Mapping[str, Mapping[Part, int]]
    """By source, in how many versions a part can have been received: of the seed and later."""
    dead: Mapping[str, int]
    """Number of records by source that must end as dead letters."""
    announced: frozenset[str]
    """Ids of the items that people must have been told about."""
    later: frozenset[str]
    """Ids of the items that have come in live demos, after the seed."""

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Expected":
        """From the sandbox's own account of itself (``/_sandbox/expectation``)."""
        sources: Mapping[str, Any] = told["sources"]
        items = {name: frozenset(source["items"]) for name, source in sources.items()}
        parts = {name: frozenset(_parts(source["parts"])) for name, source in sources.items()}
        return cls(
            items=items,
            parts=parts,
            versions={
                name: Counter(parts[name]) + _later(source["later"])
                for name, source in sources.items()
            },
            dead={name: len(source["refused"]) for name, source in sources.items()},
            announced=frozenset(
                item for source in sources.values() for item in source["announced"]
            ),
            later=frozenset(
                item for source in sources.values() for item in source["later"]
            ).difference(*items.values()),
        )


def _parts(told: Mapping[str, list[str]]) -> Iterator[Part]:
    return ((item, part) for item, parts in told.items() for part in parts)


def _later(told: Mapping[str, Mapping[str, int]]) -> Counter[Part]:
    """Versions beyond the seed's, which has one of each part it has."""
    return Counter(
        {(item, part): times for item, parts in told.items() for part, times in parts.items()}
    )
