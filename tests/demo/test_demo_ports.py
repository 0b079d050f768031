"""The demo's ports: one block, moved as a whole when one of them is taken."""

import socket
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from workers.config.settings import Settings
from workers.demo.ports import DemoPorts, choose_ports
from workers.runtime.roles import ROLES, metrics_port

DEFAULT = DemoPorts(web=8800, metrics=8810, zendesk=8818, slack=8819, kafka=19_092, moved=0)


def moved_by(shift: int) -> DemoPorts:
    """The default block, moved."""
    return DemoPorts(
        web=DEFAULT.web + shift,
        metrics=DEFAULT.metrics + shift,
        zendesk=DEFAULT.zendesk + shift,
        slack=DEFAULT.slack + shift,
        kafka=DEFAULT.kafka + shift,
        moved=shift,
    )


def all_of(ports: DemoPorts) -> dict[str, int]:
    """Every port that something listens on, by what it is for."""
    base = Settings.from_environment({}, cwd=Path("/srv"))
    settings = replace(base, web_port=ports.web, metrics_port=ports.metrics)
    return {
        "zendesk": ports.zendesk,
        "slack": ports.slack,
        "kafka": ports.kafka,
        "controller": ports.kafka + 1,
        **{role: metrics_port(settings, role) for role in ROLES},
    }


def test_the_block_is_free_and_keeps_its_shape() -> None:
    """What is chosen is the default block, moved as a whole; everything has its own port."""
    ports = choose_ports()
    assert ports == moved_by(ports.moved)
    wanted = all_of(ports)
    assert len(set(wanted.values())) == len(wanted)
    for port in wanted.values():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))


@pytest.mark.parametrize("what", all_of(DEFAULT))
def test_one_taken_port_moves_all(what: str) -> None:
    """Whichever it is, of vendors, broker or roles: the whole block goes where all are free."""
    first = choose_ports()
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):  # somebody else has it by now: taken all the same
            other.bind(("127.0.0.1", all_of(first)[what]))
            other.listen()
        second = choose_ports()
    assert second.moved > first.moved
    assert second == moved_by(second.moved)
    assert not {*all_of(first).values()} & {*all_of(second).values()}
