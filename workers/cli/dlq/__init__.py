"""``productops dlq``: dead letters listed, shown, replayed and dropped."""

from workers.cli.dlq.command import dlq

__all__ = ["dlq"]
