"""Addresses of Kafka from the environment."""

from pathlib import Path

import pytest

from workers.config.settings import Settings, SettingsError


def servers_of(given: str) -> tuple[str, ...]:
    """The servers of an environment."""
    environ = {"KAFKA_BOOTSTRAP_SERVERS": given}
    return Settings.from_environment(environ, cwd=Path("/srv")).kafka.servers


@pytest.mark.parametrize(
    "address",
    [
        "kafka:9092",
        "kafka-0.kafka_headless.svc:1",
        "10.0.0.1:65535",
        "[::1]:9092",
        "[fe80::1%eth0]:9",
    ],
)
def test_a_host_with_its_port_is_an_address(address: str) -> None:
    """A name, an IPv4 address, an IPv6 address in brackets."""
    assert servers_of(f"{address}, other:9092") == (address, "other:9092")


@pytest.mark.parametrize(
    "address",
    [
        "kafka:abc",
        "kafka",
        "kafka:",
        ":9092",
        "kafka:0",
        "kafka:65536",
        "kafka:-1",
        "kafka:٩",
        "::1",
        "::1:9092",
        "[::1]",
        "[kafka]:9092",
        "PLAINTEXT://kafka:9092",
        "http://kafka:9092",
        "one:9092 two:9092",
    ],
)
def test_anything_else_is_an_error_of_configuration(address: str) -> None:
    """The message names the variable, the part that is wrong, and what is expected."""
    with pytest.raises(SettingsError) as caught:
        servers_of(f"good:9092,{address}")
    message = str(caught.value)
    assert f"KAFKA_BOOTSTRAP_SERVERS has {address!r}: give host:port" in message
    assert "'good:9092'" not in message


def test_every_wrong_address_is_told_at_once() -> None:
    """One line each."""
    with pytest.raises(SettingsError) as caught:
        servers_of("kafka:abc,other")
    assert "'kafka:abc'" in str(caught.value)
    assert "'other'" in str(caught.value)


def test_a_password_in_an_address_is_not_told() -> None:
    """Whoever writes one there finds the rest of it in the message."""
    with pytest.raises(SettingsError) as caught:
        servers_of("ana:hunter2@kafka:9092")
    assert "hunter2" not in str(caught.value)
    assert "'kafka:9092'" in str(caught.value)
