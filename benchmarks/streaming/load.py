"""The load of the reference jobs: exposures of experiments, as a pure function of a number.

300 bytes of JSON an event (490 in an envelope), keyed by unit, one event in ten a repeat of an
earlier one to the letter. A few units come a second time with an event of its own.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

__all__ = ["EXPERIMENTS", "VARIANTS", "Load", "enveloped", "expected_counts", "plain"]

EXPERIMENTS = 5
VARIANTS = 3
_PAD = "x" * 168
_START_MS = 1_760_000_000_000


@dataclass(frozen=True, slots=True)
class Exposure:
    """What one event says."""

    number: int
    unit: str
    experiment: str
    variant: str
    at: int
    """Milliseconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Load:
    """How many events of how many units."""

    events: int
    units: int

    @classmethod
    def of(cls, events: int) -> "Load":
        """The usual load: 83 events in 100 are the first of their unit."""
        return cls(events, int(events * 0.92))

    def __iter__(self) -> Iterator[Exposure]:
        """Each event, in order."""
        return (self.exposure(number) for number in range(self.events))

    def exposure(self, number: int) -> Exposure:
        """The event of a number; every tenth repeats an earlier one."""
        if number % 10 == 9 and number > 100:
            number = (number * 7_919) % (number - 1)
            if number % 10 == 9:
                number -= 1
        unit = (number * 2_654_435_761) % self.units
        return Exposure(
            number=number,
            unit=f"unit-{unit:08d}",
            experiment=f"exp-{unit % EXPERIMENTS}",
            variant=f"v{unit // EXPERIMENTS % VARIANTS}",
            at=_START_MS + number,
        )


def plain(exposure: Exposure) -> bytes:
    """The event as plain JSON."""
    return json.dumps(
        {
            "id": f"exposure-{exposure.number:012d}",
            "unit": exposure.unit,
            "experiment": exposure.experiment,
            "variant": exposure.variant,
            "at": exposure.at,
            "context": _PAD,
        }
    ).encode()


def enveloped(exposure: Exposure) -> bytes:
    """The same in the envelope that all events of the product have."""
    return json.dumps(
        {
            "specversion": "1.0",
            "id": f"exposure-{exposure.number:012d}",
            "source": "/sources/assignments",
            "type": "bench.unit.assigned.v1",
            "time": datetime.fromtimestamp(exposure.at / 1_000, UTC).isoformat(),
            "datacontenttype": "application/json",
            "partitionkey": exposure.unit,
            "data": {
                "unit": exposure.unit,
                "experiment": exposure.experiment,
                "variant": exposure.variant,
                "context": _PAD,
            },
        }
    ).encode()


def expected_counts(load: Load) -> dict[str, int]:
    """Distinct units by experiment and variant: what every job must have counted in the end."""
    seen: set[str] = set()
    counts: dict[str, int] = {}
    for exposure in load:
        if exposure.unit not in seen:
            seen.add(exposure.unit)
            name = f"{exposure.experiment}/{exposure.variant}"
            counts[name] = counts.get(name, 0) + 1
    return counts
