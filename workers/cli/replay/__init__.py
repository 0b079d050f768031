"""``productops replay``: a role's results rebuilt from its history."""

from workers.cli.replay.command import replay

__all__ = ["replay"]
