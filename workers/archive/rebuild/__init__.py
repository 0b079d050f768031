"""Building the read model anew from the topics, beside the one in use."""

from workers.archive.rebuild.build import Rebuilt, rebuild
from workers.archive.rebuild.only_one import RebuildRunningError

__all__ = ["RebuildRunningError", "Rebuilt", "rebuild"]
