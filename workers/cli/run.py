"""``productops run``: all roles under one supervisor, or one role in this process."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import click

from workers.cli.surroundings import (
    EXIT_CONFIGURATION,
    EXIT_FAILED,
    cluster_or_exit,
    embedded_broker,
    settings_or_exit,
    tracer_or_exit,
    tracing_or_exit,
)
from workers.config.load import Configuration, ConfigurationInvalid, load
from workers.config.settings import KafkaSettings, Settings
from workers.observability.logs import configure_logging
from workers.observability.metrics import Metrics
from workers.observability.tracing.tracer import NO_TRACER
from workers.runtime.children import health_address, role_specs
from workers.runtime.entry.entrance import Entrance
from workers.runtime.entry.preparation import prepared_when_reachable
from workers.runtime.leash import leashed
from workers.runtime.process import run_process
from workers.runtime.rights import HOLDERS
from workers.runtime.role_at_hand import role_at_hand
from workers.runtime.roles import ROLES, metrics_port
from workers.runtime.supervisor import ChildDiedError, Supervisor
from workers.runtime.topic_check import TopicsUnsuitableError, check_topics, prepare_topics
from workers.streaming.access.reasons import refused_session
from workers.streaming.broker import BrokerError
from workers.streaming.engine.role import Role
from workers.streaming.topics.admin import ClusterError, plan_role

__all__ = ["configuration_or_exit", "role_or_exit", "run"]

_CHECK_SECONDS = 0.5


@click.command()
@click.argument("roles", nargs=-1, metavar="[ROLE ...]")
def run(roles: tuple[str, ...]) -> None:
    """Run all roles under one supervisor, or the named ones; one role runs in this process.

    Without KAFKA_BOOTSTRAP_SERVERS the embedded broker of the state folder is used, and
    started when several roles are run. Other brokers are waited for. Ctrl-C stops everything in
    order.
    """
    unknown = [role for role in roles if role not in ROLES]
    if unknown:
        known = ", ".join(ROLES)
        raise click.UsageError(f"no role {unknown[0]!r}; there are: {known}")
    settings = settings_or_exit()
    tracing_or_exit()
    configuration = configuration_or_exit(settings)
    if len(set(roles)) == 1:
        _run_here(roles[0], cluster_or_exit(settings), configuration)
    else:
        _supervise(settings, tuple(dict.fromkeys(roles)) or tuple(ROLES))


def configuration_or_exit(settings: Settings) -> Configuration:
    """The configuration; ends the process with exit code 3 and every finding."""
    try:
        return load(settings.config_dir, os.environ)
    except ConfigurationInvalid as error:
        click.echo(str(error), err=True)
        sys.exit(EXIT_CONFIGURATION)


def role_or_exit(name: str, settings: Settings) -> Role:
    """A role to look at or to decide anew with; exit code 3 with every finding."""
    try:
        return role_at_hand(name, settings.config_dir, os.environ)
    except ConfigurationInvalid as error:
        click.echo(str(error), err=True)
        sys.exit(EXIT_CONFIGURATION)


def _run_here(role: str, settings: Settings, configuration: Configuration) -> None:
    configure_logging(role, form=settings.log_format)
    metrics = Metrics()
    serves_itself = ROLES[role].serves_itself  # the pages: they make no spans
    tracer = NO_TRACER if serves_itself else tracer_or_exit(role)
    port = None if serves_itself else metrics_port(settings, role)
    try:
        runnable = ROLES[role].make(settings, configuration, metrics, tracer)
        if not serves_itself:
            runnable = Entrance(runnable, settings.kafka, lambda kafka: _check(role, kafka))
        run_process(role, runnable, metrics, settings, port)
    except Exception as error:  # noqa: BLE001 - the one place where a role's end is told
        import structlog  # noqa: PLC0415

        structlog.get_logger(__name__).error(
            "role_failed",
            reason=refused_session(error) or f"{error}",
            error=type(error).__name__,
        )
        sys.exit(EXIT_FAILED)
    finally:
        tracer.close()


def _check(role: str, kafka: KafkaSettings) -> None:
    check_topics(kafka, lambda kafka: plan_role(kafka, HOLDERS[role]()))


def _supervise(settings: Settings, roles: tuple[str, ...]) -> None:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    configure_logging("supervisor", form=settings.log_format)
    try:
        with _cluster(settings) as there:
            if not settings.kafka.servers:
                prepare_topics(there.kafka)
            elif not _prepared(settings, roles, stop):
                return
            _run_all(there, roles, stop)
    except (BrokerError, ChildDiedError, ClusterError, TopicsUnsuitableError) as error:
        click.echo(f"productops: {error}", err=True)
        sys.exit(EXIT_FAILED)


@contextmanager
def _cluster(settings: Settings) -> Iterator[Settings]:
    """Settings with servers: those given, or the embedded broker's.

    A broker that was started here is stopped in the end, one that ran already is left running.
    """
    if settings.kafka.servers:
        yield settings
        return
    broker = embedded_broker(settings, wrap=leashed)
    running = broker.status()
    info = running or broker.start()
    try:
        yield replace(settings, kafka=KafkaSettings(servers=(info.bootstrap,)))
    finally:
        if running is None:
            broker.stop()


def _prepared(settings: Settings, roles: tuple[str, ...], stop: threading.Event) -> bool:
    """Whether the topics of a cluster of others are prepared, however late it comes."""
    addresses = [(role, *health_address(settings, role)) for role in roles]
    return prepared_when_reachable(settings.kafka, addresses, stop)


def _run_all(settings: Settings, roles: tuple[str, ...], stop: threading.Event) -> None:
    supervisor = Supervisor(role_specs(settings, roles), restart=True)
    try:
        supervisor.start()
        click.echo(f"pages      http://{settings.web_host}:{settings.web_port}", err=True)
        click.echo(f"logs       {settings.state_dir / 'log'}", err=True)
        while not stop.wait(_CHECK_SECONDS):
            supervisor.check()
    finally:
        supervisor.stop()
