"""The load of the reference jobs: exposures of experiments, as a pure function of a number.

300 bytes of JSON an event, keyed by unit, one event in ten a repeat of an earlier one.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["EXPERIMENTS", "VARIANTS", "Load", "expected_counts"]

EXPERIMENTS = 5
VARIANTS = 3
_PAD = "x" * 120
_START_MS = 1_760_000_000_000


@dataclass(frozen=True, slots=True)
class Load:
    """How many events of how many units."""

    events: int
    units: int

    def rows(self) -> Iterator[tuple[bytes, bytes]]:
        """Key and value of each event, in order."""
        for number in range(self.events):
            yield self.row(number)

    def row(self, number: int) -> tuple[bytes, bytes]:
        """The event of a number; every tenth repeats an earlier one to the letter."""
        if number % 10 == 9 and number > 100:
            number = (number * 7_919) % (number - 1)
            if number % 10 == 9:
                number -= 1
        unit = (number * 2_654_435_761) % self.units
        key = f"unit-{unit:08d}"
        value = {
            "id": f"exposure-{number:012d}",
            "unit": key,
            "experiment": f"exp-{unit % EXPERIMENTS}",
            "variant": f"v{unit // EXPERIMENTS % VARIANTS}",
            "at": _START_MS + number,
            "context": _PAD,
        }
        return key.encode(), json.dumps(value).encode()


def expected_counts(load: Load) -> dict[str, int]:
    """Distinct units by experiment and variant: what every job must have counted in the end."""
    seen: set[bytes] = set()
    counts: dict[str, int] = {}
    for key, value in load.rows():
        if key in seen:
            continue
        seen.add(key)
        event = json.loads(value)
        name = f"{event['experiment']}/{event['variant']}"
        counts[name] = counts.get(name, 0) + 1
    return counts
