"""The demo's ports: one block, all free, moved as a whole when a default is taken."""

from dataclasses import dataclass

from workers.streaming.broker.ports import free_block

__all__ = ["DemoPorts", "choose_ports"]

_ROLES = 5


@dataclass(frozen=True, slots=True)
class DemoPorts:
    """Where everything listens on 127.0.0.1."""

    web: int
    metrics: int
    """The first role's; the others follow."""
    zendesk: int
    slack: int
    kafka: int
    moved: int
    """By how much the block was moved; 0 for the defaults."""


_DEFAULT = DemoPorts(web=8800, metrics=8810, zendesk=8818, slack=8819, kafka=19_092, moved=0)


def choose_ports() -> DemoPorts:
    """The defaults, or the next block that is free; raises ``OSError`` when none is."""
    base = _DEFAULT
    wanted = [
        base.web,
        base.zendesk,
        base.slack,
        base.kafka,
        base.kafka + 1,
        *(base.metrics + index for index in range(_ROLES)),
    ]
    shift = free_block(wanted)
    return DemoPorts(
        web=base.web + shift,
        metrics=base.metrics + shift,
        zendesk=base.zendesk + shift,
        slack=base.slack + shift,
        kafka=base.kafka + shift,
        moved=shift,
    )
