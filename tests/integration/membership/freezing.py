"""A broker that stands still: connections stay, and nothing is answered."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.integration.brokers import Broker, one

__all__ = ["frozen", "one_to_freeze"]

_PATIENT = {"broker.session.timeout.ms": "600000"}
"""Frozen for longer than its session, its own controller would give it up for a while."""


@contextmanager
def one_to_freeze(folder: Path, jars: Path) -> Iterator[Broker]:
    """A broker that is in its cluster again the moment it wakes."""
    with one(folder, jars, _PATIENT) as broker:
        yield broker


@contextmanager
def frozen(broker: Broker) -> Iterator[None]:
    """SIGSTOP while the block runs."""
    info = broker.embedded.status()
    assert info is not None
    process = psutil.Process(info.pid)
    process.suspend()
    try:
        yield
    finally:
        process.resume()
