"""How it stands with the clock of the system: whether its ticks get into their topic."""

from connectors.base.contract import Clock

__all__ = ["ClockStanding"]

_PATIENCE_SECONDS = 30.0
"""Some ticks may fail while a partition changes its leader; by then timers are late."""


class ClockStanding:
    """Told by whoever ticks, asked by whoever wants to know whether timers move."""

    def __init__(self, clock: Clock, *, patience: float = _PATIENCE_SECONDS) -> None:
        """``patience``: for how many seconds after a tick all is still taken to be well."""
        self._clock = clock
        self._patience = patience
        self._ticked: float | None = None

    @property
    def well(self) -> bool:
        """Whether a tick was written lately, and none was refused since."""
        return self._ticked is not None and self._clock.monotonic() - self._ticked <= self._patience

    def ticked(self) -> None:
        """Every partition has its tick."""
        self._ticked = self._clock.monotonic()

    def refused(self) -> None:
        """Kafka does not take our ticks, and will not until a person has done something."""
        self._ticked = None
