"""Roles whose results are in the world: what they have done cannot be done anew."""

from collections.abc import Mapping

__all__ = ["IRREVOCABLE"]

IRREVOCABLE: Mapping[str, str] = {
    "delivery": "its results are messages that people have got: nobody can take them back, and "
    "nobody is to get them twice",
}
"""Roles that keep a state and are not rebuilt all the same, and why."""
