"""How every Kafka client of ours is told where the cluster is and how to speak to it."""

from typing import Any

from workers.config.variables.kafka import KafkaSettings
from workers.config.variables.tls import tls_context
from workers.streaming.access.tokens import AsyncTokenFile, BlockingTokenFile

__all__ = ["admin_settings", "client_settings"]


class _Hidden(str):
    """A secret that its client may log with the rest of its settings, as kafka-python does."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"


def client_settings(kafka: KafkaSettings) -> dict[str, Any]:
    """Keyword arguments of connection and security for aiokafka's clients.

    Raises ``TlsFileError`` when a certificate has gone bad since the settings were read.
    """
    return _settings(kafka, AsyncTokenFile)


def admin_settings(kafka: KafkaSettings) -> dict[str, Any]:
    """The same for kafka-python's clients."""
    settings = _settings(kafka, BlockingTokenFile)
    if kafka.security_protocol == "PLAINTEXT":
        settings.pop("security_protocol")
    return settings


def _settings(
    kafka: KafkaSettings, tokens: type[AsyncTokenFile | BlockingTokenFile]
) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "bootstrap_servers": list(kafka.servers),
        "security_protocol": kafka.security_protocol,
    }
    if kafka.encrypted:
        settings["ssl_context"] = tls_context(
            ca_file=kafka.ca_file,
            cert_file=kafka.cert_file,
            key_file=kafka.key_file,
            key_password=kafka.key_password,
            check_hostname=kafka.check_hostname,
        )
    if kafka.signs_in:
        settings["sasl_mechanism"] = kafka.mechanism
        if kafka.mechanism == "OAUTHBEARER":
            if kafka.token_file is None:
                raise ValueError("OAUTHBEARER without a token's file")
            settings["sasl_oauth_token_provider"] = tokens(kafka.token_file)
        else:
            settings["sasl_plain_username"] = kafka.username
            settings["sasl_plain_password"] = _Hidden(kafka.password or "")
    return settings
