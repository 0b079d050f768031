"""What a role may keep in memory, and whether it keeps copies of others' states."""

from dataclasses import dataclass

from workers.config.variables.environment import Environment

__all__ = ["MemorySettings", "read_memory"]

_MIN_MB, _MAX_MB = 64, 1_048_576


@dataclass(frozen=True, slots=True)
class MemorySettings:
    """Bounds of one process of a role."""

    standby: bool = False
    """Whether it follows the states of the tasks that other processes own."""
    limit_mb: int | None = None
    """MiB that the process may take; ``None``: a share of what its container may."""


def read_memory(env: Environment) -> MemorySettings:
    """From the environment; what is wrong is noted there."""
    return MemorySettings(
        standby=env.flag("PRODUCTOPS_STANDBY", default=False),
        limit_mb=int(env.number("PRODUCTOPS_MEMORY_LIMIT_MB", 0, _MIN_MB, _MAX_MB)) or None,
    )
