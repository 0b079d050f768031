"""Building the read model anew from the topics, beside the one in use."""

from workers.archive.rebuild.build import Rebuilt, rebuild

__all__ = ["Rebuilt", "rebuild"]
