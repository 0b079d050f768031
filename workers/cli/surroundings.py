"""What most commands need first: the settings, the cluster, an exit with a clear message."""

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click

from workers.config.settings import KafkaSettings, Settings, SettingsError
from workers.observability.tracing.choice import TracingError, check, tracer_for
from workers.observability.tracing.tracer import Tracer
from workers.streaming.broker import EmbeddedBroker

__all__ = [
    "EXIT_CONFIGURATION",
    "EXIT_FAILED",
    "EXIT_REFUSED",
    "cache_dir",
    "cluster_or_exit",
    "embedded_broker",
    "settings_or_exit",
    "tracer_or_exit",
    "tracing_or_exit",
]

EXIT_FAILED = 1
EXIT_CONFIGURATION = 3
EXIT_REFUSED = 4


def settings_or_exit() -> Settings:
    """Settings from the environment; ends the process with exit code 3 when they are bad."""
    try:
        return Settings.from_environment(os.environ, cwd=Path.cwd())
    except SettingsError as error:
        click.echo(f"productops: {error}", err=True)
        sys.exit(EXIT_CONFIGURATION)


def tracer_or_exit(role: str) -> Tracer:
    """The role's tracer; ends the process with exit code 3 when it cannot be had."""
    try:
        return tracer_for(role, os.environ)
    except TracingError as error:
        click.echo(f"productops: {error}", err=True)
        sys.exit(EXIT_CONFIGURATION)


def tracing_or_exit() -> None:
    """The same for a process whose children are the roles: each would end, and be restarted."""
    try:
        check(os.environ)
    except TracingError as error:
        click.echo(f"productops: {error}", err=True)
        sys.exit(EXIT_CONFIGURATION)


def embedded_broker(
    settings: Settings, *, wrap: Callable[[list[str]], list[str]] = list
) -> EmbeddedBroker:
    """The broker of the state folder; ``wrap`` as for ``EmbeddedBroker``."""
    folder = settings.state_dir / "kafka"
    return EmbeddedBroker(folder, cache_dir=cache_dir(settings), wrap=wrap)


def cache_dir(settings: Settings) -> Path:
    """Where Kafka's files are kept; ``PRODUCTOPS_CACHE_DIR`` moves it out of the state folder."""
    return Path(os.environ.get("PRODUCTOPS_CACHE_DIR") or settings.state_dir / "cache")


def cluster_or_exit(settings: Settings) -> Settings:
    """Settings with servers: those given, or the running embedded broker; else exit code 1."""
    if settings.kafka.servers:
        return settings
    info = embedded_broker(settings).status()
    if info is None:
        click.echo(
            "productops: no Kafka: set KAFKA_BOOTSTRAP_SERVERS, or start the embedded broker with: "
            "productops kafka start",
            err=True,
        )
        sys.exit(EXIT_FAILED)
    return replace(settings, kafka=KafkaSettings(servers=(info.bootstrap,)))
