"""How far an item has come, as one word."""

from enum import StrEnum

from workers.archive.projection.merge import Ladder

__all__ = ["STATUS", "Status"]


class Status(StrEnum):
    """Steps an item climbs; events that arrive out of order never take it back."""

    RECEIVED = "received"
    CLASSIFIED = "classified"
    ROUTED = "routed"


STATUS = Ladder("status", tuple(Status))
