"""Ports for what tests start, such as no other run of the tests is likely to look at meanwhile."""

from random import SystemRandom

from workers.demo.ports import DemoPorts
from workers.streaming.broker.ports import is_free

__all__ = ["own_demo_ports", "own_ports"]

_BLOCKS = range(21_000, 31_000, 10)
"""Beyond the defaults, and below those that systems give to connections that go out."""
_ROLES = 5


def own_ports(count: int = 1) -> int:
    """The first of so many free ports in a row, ten at most, chosen by chance.

    The smallest that is free would be what a run beside this one finds free, too.
    """
    chance = SystemRandom()
    for _ in range(100):
        first = chance.choice(_BLOCKS)
        if all(is_free(first + number) for number in range(count)):
            return first
    raise OSError("no free ports")


def own_demo_ports() -> DemoPorts:
    """The ports of a whole system."""
    first = own_ports(5 + _ROLES)
    return DemoPorts(
        metrics=first,
        web=first + _ROLES,
        zendesk=first + _ROLES + 1,
        slack=first + _ROLES + 2,
        kafka=first + _ROLES + 3,
        moved=0,
    )
