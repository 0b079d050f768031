"""Addresses of servers, `host:port` with commas between them."""

import re

from workers.config.variables.environment import Environment

__all__ = ["read_servers"]

_ADDRESS = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+(?:%[A-Za-z0-9._-]+)?\]):([0-9]{1,5})")
_MOST_PORTS = 65_536


def read_servers(env: Environment, name: str) -> tuple[str, ...]:
    """The addresses of a variable; what is wrong with them is added to ``env.problems``."""
    parts = (part.strip() for part in (env.text(name) or "").split(","))
    servers = tuple(part for part in parts if part)
    env.problems.extend(
        f"{name} has {server.rpartition('@')[2]!r}: give host:port, as in kafka:9092 or "
        "[::1]:9092, with commas between several"
        for server in servers
        if not _is_address(server)
    )
    return servers


def _is_address(text: str) -> bool:
    found = _ADDRESS.fullmatch(text)
    return found is not None and 0 < int(found[1]) < _MOST_PORTS
