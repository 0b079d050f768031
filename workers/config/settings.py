"""Settings from the environment: where things are, never what they decide.

What a ProductOps lead changes stands in YAML (``team.yaml``, ``routes.yaml``,
``sources.yaml``); what a platform engineer changes stands in the environment, under the
prefix ``PRODUCTOPS_`` and, for the broker, under the names Kafka tools share.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["KafkaSettings", "Settings", "SettingsError"]


class SettingsError(ValueError):
    """An environment variable has an unusable value. The message names it and the remedy."""


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """How to reach Kafka. ``servers`` empty: the embedded broker of the state folder."""

    servers: tuple[str, ...] = ()
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str | None = None
    username: str | None = None
    password: str | None = None
    ca_file: Path | None = None

    def __repr__(self) -> str:
        return f"KafkaSettings(servers={self.servers}, security_protocol={self.security_protocol})"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a role needs to know about its surroundings."""

    config_dir: Path
    """Holds the YAML files."""
    state_dir: Path
    """Holds everything the system writes on this machine: broker, SQLite file, logs."""
    kafka: KafkaSettings
    database_url: str = field(repr=False)
    """SQLAlchemy URL of the read model; may hold a password."""
    web_host: str = "127.0.0.1"
    web_port: int = 8800
    metrics_host: str = "127.0.0.1"
    metrics_port: int = 8810
    """Port of the first role's ``/metrics``; the others follow."""
    log_format: str = "auto"
    """``auto`` (text on a terminal, JSON elsewhere), ``json`` or ``text``."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], *, cwd: Path) -> "Settings":
        """Read and check; raises ``SettingsError`` naming every bad variable at once."""
        problems: list[str] = []

        def port(name: str, default: int) -> int:
            raw = environ.get(name, "")
            if not raw:
                return default
            if raw.isascii() and raw.isdigit() and 0 < int(raw) < 65_536:
                return int(raw)
            problems.append(f"{name}={raw!r} is no port: give a number from 1 to 65535")
            return default

        def one_of(name: str, default: str, allowed: tuple[str, ...]) -> str:
            value = environ.get(name, "") or default
            if value not in allowed:
                problems.append(f"{name}={value!r}: allowed are {', '.join(allowed)}")
                return default
            return value

        def read(name: str, file: str) -> bytes | None:
            try:
                return Path(file).read_bytes()
            except OSError as error:
                problems.append(f"{name}={file!r} cannot be read: {error.strerror}")
                return None

        def secret(name: str) -> str | None:
            """The variable, or the content of the file that ``<name>_FILE`` names."""
            value, file = environ.get(name) or None, environ.get(f"{name}_FILE") or None
            if value and file:
                problems.append(f"{name} and {name}_FILE are both set: keep one of them")
            if file is None:
                return value
            content = read(f"{name}_FILE", file)
            try:
                text = None if content is None else content.decode().strip()
            except UnicodeDecodeError:
                problems.append(f"{name}_FILE={file!r} cannot be read: it is no text in UTF-8")
                return None
            if text == "":
                problems.append(f"{name}_FILE={file!r} is empty")
            return text

        state = Path(environ.get("PRODUCTOPS_STATE_DIR") or cwd / ".productops").absolute()
        config = Path(environ.get("PRODUCTOPS_CONFIG_DIR") or cwd / "config").absolute()
        servers = tuple(
            part.strip()
            for part in environ.get("KAFKA_BOOTSTRAP_SERVERS", "").split(",")
            if part.strip()
        )
        ca_file = environ.get("KAFKA_SSL_CAFILE")
        if ca_file:
            read("KAFKA_SSL_CAFILE", ca_file)
        settings = cls(
            config_dir=config,
            state_dir=state,
            kafka=KafkaSettings(
                servers=servers,
                security_protocol=one_of(
                    "KAFKA_SECURITY_PROTOCOL",
                    "PLAINTEXT",
                    ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"),
                ),
                sasl_mechanism=environ.get("KAFKA_SASL_MECHANISM") or None,
                username=environ.get("KAFKA_SASL_USERNAME") or None,
                password=secret("KAFKA_SASL_PASSWORD"),
                ca_file=Path(ca_file) if ca_file else None,
            ),
            database_url=secret("PRODUCTOPS_DATABASE_URL") or f"sqlite:///{state}/archive.sqlite",
            web_host=environ.get("PRODUCTOPS_WEB_HOST") or "127.0.0.1",
            web_port=port("PRODUCTOPS_WEB_PORT", 8800),
            metrics_host=environ.get("PRODUCTOPS_METRICS_HOST") or "127.0.0.1",
            metrics_port=port("PRODUCTOPS_METRICS_PORT", 8810),
            log_format=one_of("PRODUCTOPS_LOG_FORMAT", "auto", ("auto", "json", "text")),
        )
        if settings.kafka.security_protocol.startswith("SASL"):
            if not settings.kafka.username:
                problems.append("KAFKA_SASL_USERNAME is not set: SASL needs a name to sign in with")
            if not settings.kafka.password:
                problems.append("KAFKA_SASL_PASSWORD is not set: SASL needs a password")
        if problems:
            raise SettingsError("\n".join(problems))
        return settings
