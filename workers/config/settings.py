"""Settings from the environment: where things are, never what they decide.

What a ProductOps lead changes stands in YAML (``team.yaml``, ``routes.yaml``,
``sources.yaml``); what a platform engineer changes stands in the environment, under the
prefix ``PRODUCTOPS_`` and, for the broker, under the names Kafka tools share.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from workers.config.variables.environment import Environment
from workers.config.variables.kafka import KafkaSettings, read_kafka
from workers.config.variables.membership import Membership, read_membership
from workers.config.variables.memory import MemorySettings, read_memory

__all__ = ["KafkaSettings", "Membership", "MemorySettings", "Settings", "SettingsError"]


class SettingsError(ValueError):
    """An environment variable has an unusable value. The message names it and the remedy."""


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
    membership: Membership = Membership()  # noqa: RUF009 - frozen
    memory: MemorySettings = MemorySettings()  # noqa: RUF009 - frozen
    fuse: bool = True
    """Whether a role stops where too large a share of its records is bad."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], *, cwd: Path) -> "Settings":
        """Read and check; raises ``SettingsError`` naming every bad variable at once."""
        env = Environment(environ)
        state = Path(env.text("PRODUCTOPS_STATE_DIR") or cwd / ".productops").absolute()
        config = Path(env.text("PRODUCTOPS_CONFIG_DIR") or cwd / "config").absolute()
        settings = cls(
            config_dir=config,
            state_dir=state,
            kafka=read_kafka(env),
            database_url=env.secret("PRODUCTOPS_DATABASE_URL")
            or f"sqlite:///{state}/archive.sqlite",
            web_host=env.text("PRODUCTOPS_WEB_HOST") or "127.0.0.1",
            web_port=env.port("PRODUCTOPS_WEB_PORT", 8800),
            metrics_host=env.text("PRODUCTOPS_METRICS_HOST") or "127.0.0.1",
            metrics_port=env.port("PRODUCTOPS_METRICS_PORT", 8810),
            log_format=env.one_of("PRODUCTOPS_LOG_FORMAT", "auto", ("auto", "json", "text")),
            membership=read_membership(env),
            memory=read_memory(env),
            fuse=env.flag("PRODUCTOPS_FUSE", default=True),
        )
        if env.problems:
            raise SettingsError("\n".join(env.problems))
        return settings
