"""The children that run roles, as the supervisor starts them."""

import sys
from collections.abc import Iterable

from workers.config.settings import Settings
from workers.config.variables.kafka import KafkaSettings
from workers.runtime.child import ChildSpec
from workers.runtime.roles import ROLES, metrics_port

__all__ = ["environment_of", "health_address", "role_specs"]


def role_specs(settings: Settings, roles: Iterable[str]) -> list[ChildSpec]:
    """The children that run these roles."""
    return [
        ChildSpec(
            name=role,
            command=[sys.executable, "-m", "workers.cli", "run", role],
            log_file=settings.state_dir / "log" / f"{role}.log",
            environment=environment_of(settings),
            ready_url=f"http://{_reachable(*health_address(settings, role))}/readyz",
        )
        for role in roles
    ]


def environment_of(settings: Settings) -> dict[str, str]:
    """The settings as the environment of a child process, beside what it inherits from ours."""
    return {
        **_environment_of_kafka(settings.kafka),
        "PRODUCTOPS_CONFIG_DIR": str(settings.config_dir),
        "PRODUCTOPS_STATE_DIR": str(settings.state_dir),
        "PRODUCTOPS_DATABASE_URL": settings.database_url,
        "PRODUCTOPS_DATABASE_URL_FILE": "",  # if it came from there, it has been read
        "PRODUCTOPS_WEB_HOST": settings.web_host,
        "PRODUCTOPS_WEB_PORT": str(settings.web_port),
        "PRODUCTOPS_METRICS_HOST": settings.metrics_host,
        "PRODUCTOPS_METRICS_PORT": str(settings.metrics_port),
    }


def _environment_of_kafka(kafka: KafkaSettings) -> dict[str, str]:
    """An empty variable is an absent one: the embedded broker wants none of ours.

    Secrets are inherited as they are given, so that one from a file stays in its file.
    """
    environment = {
        "KAFKA_BOOTSTRAP_SERVERS": ",".join(kafka.servers),
        "KAFKA_SECURITY_PROTOCOL": kafka.security_protocol,
        "KAFKA_SASL_MECHANISM": kafka.sasl_mechanism or "",
        "KAFKA_SASL_USERNAME": kafka.username or "",
        "KAFKA_SASL_TOKEN_FILE": str(kafka.token_file or ""),
        "KAFKA_SSL_CAFILE": str(kafka.ca_file or ""),
        "KAFKA_SSL_CERTFILE": str(kafka.cert_file or ""),
        "KAFKA_SSL_KEYFILE": str(kafka.key_file or ""),
        "KAFKA_SSL_CHECK_HOSTNAME": str(kafka.check_hostname).lower(),
    }
    for name, secret in (
        ("KAFKA_SASL_PASSWORD", kafka.password),
        ("KAFKA_SSL_PASSWORD", kafka.key_password),
    ):
        if secret is None:
            environment |= {name: "", f"{name}_FILE": ""}
    return environment


def health_address(settings: Settings, role: str) -> tuple[str, int]:
    """Host and port at which a role tells how it is."""
    host = settings.web_host if ROLES[role].serves_itself else settings.metrics_host
    return host, metrics_port(settings, role)


def _reachable(host: str, port: int) -> str:
    return f"{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"  # noqa: S104
