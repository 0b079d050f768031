"""Where tests may interfere with the protocol: a hook between its numbered steps."""

from enum import IntEnum
from typing import Protocol

__all__ = ["NO_PROBE", "Probe", "Step"]


class Step(IntEnum):
    """The steps of the protocol, as ``task`` numbers them; a probe is called after each."""

    FETCHED = 1
    DECODED = 2
    PROCESSED = 3
    BEGUN = 4
    WRITTEN = 5
    OFFSETS_SENT = 6
    COMMITTED = 7
    APPLIED = 8


class Probe(Protocol):
    """Called on the event loop after a step; may raise, wait, or end the process."""

    async def __call__(self, step: Step, partition: int, /) -> None:
        """Step ``step`` of a chunk of task ``partition`` is done."""
        ...


class _NoProbe:
    async def __call__(self, _step: Step, _partition: int, /) -> None:
        return


NO_PROBE: Probe = _NoProbe()
"""Does nothing: what production uses."""
