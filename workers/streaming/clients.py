"""How every Kafka client of ours is told where the cluster is and how to speak to it."""

import ssl
from typing import Any

from workers.config.settings import KafkaSettings

__all__ = ["admin_settings", "client_settings"]


def client_settings(kafka: KafkaSettings) -> dict[str, Any]:
    """Keyword arguments of connection and security for aiokafka's clients."""
    settings: dict[str, Any] = {
        "bootstrap_servers": list(kafka.servers),
        "security_protocol": kafka.security_protocol,
    }
    if kafka.security_protocol.endswith("SSL"):
        settings["ssl_context"] = _ssl_context(kafka)
    if kafka.security_protocol.startswith("SASL"):
        settings |= _sasl(kafka)
    return settings


def admin_settings(kafka: KafkaSettings) -> dict[str, Any]:
    """The same for kafka-python's clients."""
    settings = client_settings(kafka)
    if kafka.security_protocol == "PLAINTEXT":
        settings.pop("security_protocol")
    return settings


def _ssl_context(kafka: KafkaSettings) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(kafka.ca_file) if kafka.ca_file else None)


def _sasl(kafka: KafkaSettings) -> dict[str, Any]:
    return {
        "sasl_mechanism": kafka.sasl_mechanism or "PLAIN",
        "sasl_plain_username": kafka.username,
        "sasl_plain_password": kafka.password,
    }
