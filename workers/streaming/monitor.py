"""Faust's monitor, cut down to what is used and safe.

The stock monitor keeps statistics a message at a cost of its own, and its tracking of end
offsets raises in a rebalance when an offset is unknown. Ours is silent: everything is measured
where it happens, in the engine.
"""

from typing import Any

from faust.sensors.monitor import Monitor

__all__ = ["QuietMonitor"]


class QuietMonitor(Monitor):
    """Keeps nothing a message."""

    def on_message_in(self, tp: Any, offset: int, message: Any) -> None:
        """Nothing."""

    def on_stream_event_in(self, tp: Any, offset: int, stream: Any, event: Any) -> None:
        """Nothing."""

    def on_stream_event_out(
        self, tp: Any, offset: int, stream: Any, event: Any, state: Any = None
    ) -> None:
        """Nothing."""

    def on_message_out(self, tp: Any, offset: int, message: Any) -> None:
        """Nothing."""

    def track_tp_end_offset(self, tp: Any, offset: Any) -> None:
        """Nothing: lag is measured by the engine."""
