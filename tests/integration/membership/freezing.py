"""A broker that stands still: connections stay, and nothing is answered."""

from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from tests.integration.chaos.brokers import Broker

__all__ = ["frozen"]


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
