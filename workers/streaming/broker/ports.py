"""Ports on the loopback interface: which are free, and who has the others."""

import socket
from collections.abc import Sequence

import psutil

__all__ = ["free_block", "holder_of", "is_free"]

_STEP = 20
_TRIES = 50


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether the port can be bound right now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def holder_of(port: int) -> str:
    """Who listens on the port, for a message: ``nginx (process 812)`` or ``another process``."""
    try:
        for connection in psutil.net_connections(kind="tcp"):
            if (
                connection.laddr
                and connection.laddr.port == port
                and connection.status == psutil.CONN_LISTEN
                and connection.pid
            ):
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        pass
    return "another process"


def free_block(ports: Sequence[int]) -> int:
    """The smallest shift, in steps of twenty, at which all of ``ports`` are free.

    0 when they are free as they stand. Raises ``OSError`` when no block is free.
    """
    for shift in range(0, _STEP * _TRIES, _STEP):
        if all(is_free(port + shift) for port in ports):
            return shift
    raise OSError(f"no free block of ports near {min(ports)}")
