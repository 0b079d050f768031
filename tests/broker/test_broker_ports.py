"""Ports on the loopback interface: which are free, who has the others."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from workers.streaming.broker import BrokerError, EmbeddedBroker
from workers.streaming.broker.ports import free_block, holder_of, is_free


def listening(port: int = 0) -> socket.socket:
    """A socket that listens on 127.0.0.1."""
    made = socket.socket()
    made.bind(("127.0.0.1", port))
    made.listen()
    return made


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that we hold ourselves."""
    with listening() as holder:
        yield int(holder.getsockname()[1])


def test_a_port_is_free_or_not(taken: int) -> None:
    """What somebody listens on is not free."""
    assert not is_free(taken)
    with listening() as other:
        port = other.getsockname()[1]
    assert is_free(port)


def test_the_holder_is_named(taken: int) -> None:
    """By name and process id, so that a person can find it."""
    assert holder_of(taken) == f"{psutil.Process().name()} (process {os.getpid()})"


def test_a_port_that_nobody_holds_has_no_name(taken: int) -> None:
    """Without a listener, or without the right to see it, it is said so."""
    with listening() as other:
        port = other.getsockname()[1]
    assert holder_of(port) == "another process"
    assert holder_of(taken) != "another process"


def test_a_block_moves_as_a_whole() -> None:
    """All ports of a block move by the same step when one of them is taken."""
    with listening() as other:  # a port that the system has chosen: it is ours from the start
        base = other.getsockname()[1] - 1
        shift = free_block([base, base + 1, base + 2])
    assert shift >= 20
    assert shift % 20 == 0


@pytest.mark.parametrize("offset", [0, 1], ids=["its own", "the controller's"])
def test_a_chosen_port_that_is_taken_is_refused(tmp_path: Path, offset: int) -> None:
    """An explicit port is never moved: the error names the port, its holder and the remedy."""
    broker = EmbeddedBroker(tmp_path, cache_dir=tmp_path / "cache")
    with listening() as other:
        port = other.getsockname()[1] - offset
        with pytest.raises(BrokerError) as error:
            broker.start(port)
    assert str(error.value) == (
        f"port {port + offset} is taken by {psutil.Process().name()} (process {os.getpid()}): "
        "choose another with --port"
    )
    assert broker.status() is None
