"""Tries what the configuration points at: Kafka, the read model's database, every source."""

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from connectors.base.clock import SystemClock
from connectors.base.contract import Clock, Health
from connectors.base.http import network
from connectors.base.registry import CONNECTORS, ConnectorContext, ConnectorSpec
from workers.archive.commands import ArchiveError, model_status
from workers.archive.engine import DatabaseUrlError
from workers.cli.surroundings import embedded_broker
from workers.config.load import Configuration
from workers.config.settings import Settings
from workers.config.sources import Source
from workers.streaming.topics import Action
from workers.streaming.topics.admin import AccessError, ClusterError, plan_registry

__all__ = ["HEALTH_SECONDS", "Connection", "connections", "try_sources"]

HEALTH_SECONDS = 30.0
"""How long a source may take to answer."""

MakeContext = Callable[[Source], ConnectorContext]


@dataclass(frozen=True, slots=True)
class Connection:
    """How one connection is. ``remedy`` may also stand where it works: what else is to do."""

    name: str
    ok: bool
    summary: str
    remedy: str = ""


def connections(
    settings: Settings, configuration: Configuration, folder: Path
) -> Iterator[Connection]:
    """Kafka, the database, then every source. What fails is said, nothing is raised for it."""
    yield _kafka(settings)
    yield _database(settings)
    clock = SystemClock()

    def context(source: Source) -> ConnectorContext:
        return ConnectorContext(
            source_name=source.name,
            transport=network(),
            clock=clock,
            observer=_Unheard(),
            since=source.start(clock.now()),
            folder=folder,
        )

    yield from asyncio.run(try_sources(configuration, context, clock))


def _kafka(settings: Settings) -> Connection:
    kafka = settings.kafka
    if not kafka.servers:
        broker = embedded_broker(settings).status()
        if broker is None:
            return Connection(
                "kafka",
                ok=False,
                summary="there is no broker",
                remedy="set KAFKA_BOOTSTRAP_SERVERS, or start the embedded broker with "
                "`productops kafka start`",
            )
        kafka = replace(kafka, servers=(broker.bootstrap,))
    where = ", ".join(kafka.servers)
    try:
        plan = plan_registry(kafka)
    except AccessError as error:
        return Connection(
            "kafka",
            ok=False,
            summary=str(error),
            remedy="correct what it names; the broker itself answers",
        )
    except ClusterError as error:
        return Connection(
            "kafka", ok=False, summary=str(error), remedy="check KAFKA_* and that the broker runs"
        )
    if plan.refused:
        return Connection(
            "kafka",
            ok=False,
            summary=f"{where} answers; {len(plan.refused)} topics are not as they must be",
            remedy="see `productops topics plan`",
        )
    missing = sum(change.action is Action.CREATE for change in plan.changes)
    if plan.changes:
        return Connection(
            "kafka",
            ok=True,
            summary=f"{where} answers; {missing} topics are not there yet",
            remedy="`productops topics apply` makes them, and so does the first `productops run`",
        )
    return Connection("kafka", ok=True, summary=f"{where} answers, every topic is there")


def _database(settings: Settings) -> Connection:
    file = _sqlite_file(settings.database_url)
    if file is not None and not file.exists():
        return _new_file(file)
    try:
        found = model_status(settings)
    except (ArchiveError, DatabaseUrlError) as error:
        return Connection(
            "database",
            ok=False,
            summary=str(error),
            remedy="correct PRODUCTOPS_DATABASE_URL, or start the server it names",
        )
    remedy = ""
    if found.revision is None:
        summary = f"{found.database} answers; it is empty before the first run"
    elif found.revision != found.revision_known:
        summary = f"{found.database} answers; its tables are of another version"
        remedy = "run `productops archive migrate`"
    elif found.projection not in {None, found.projection_known}:
        summary = f"{found.database} answers; its rows were made by another version"
        remedy = "run `productops archive rebuild`"
    else:
        summary = f"{found.database} answers, its tables are current"
    return Connection("database", ok=not remedy, summary=summary, remedy=remedy)


def _new_file(file: Path) -> Connection:
    """A SQLite file that is not there yet: no fault, as long as it can be made."""
    folder = next(parent for parent in file.parents if parent.exists())
    if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
        return Connection("database", ok=True, summary=f"{file} is made by the first run")
    return Connection(
        "database",
        ok=False,
        summary=f"{file} cannot be made in {folder}",
        remedy="choose another PRODUCTOPS_STATE_DIR or PRODUCTOPS_DATABASE_URL",
    )


def _sqlite_file(url: str) -> Path | None:
    """The file of a SQLite URL; ``None`` for everything else."""
    prefix = "sqlite:///"
    name = url.removeprefix(prefix).split("?", 1)[0]
    if not url.startswith(prefix) or name in {"", ":memory:"}:
        return None
    return Path(name).absolute()


async def try_sources(
    configuration: Configuration,
    context: MakeContext,
    clock: Clock,
    connectors: Mapping[str, ConnectorSpec] = CONNECTORS,
) -> list[Connection]:
    """Ask every source at once whether it can be read; ``clock`` limits how long each may take."""

    async def one(source: Source) -> Connection:
        connector = connectors[source.connector].make(
            configuration.settings[source.name], context(source)
        )
        asked = asyncio.create_task(connector.health())
        bell = asyncio.create_task(clock.sleep(HEALTH_SECONDS))
        try:
            await asyncio.wait({asked, bell}, return_when=asyncio.FIRST_COMPLETED)
            health = asked.result() if asked.done() else _SILENT
        finally:
            asked.cancel()
            bell.cancel()
            await asyncio.gather(asked, bell, return_exceptions=True)
            await connector.close()
        return Connection(f"source {source.name}", health.ok, health.summary, health.remedy)

    return list(await asyncio.gather(*(one(source) for source in configuration.sources)))


_SILENT = Health(
    ok=False,
    summary=f"it did not answer within {HEALTH_SECONDS:.0f} s",
    remedy="check the address in its settings and the way to the network (proxy, firewall)",
)


class _Unheard:
    """An observer of calls that nobody counts. Fulfils ``connectors.base.contract.Observer``."""

    def waited(self, source: str, seconds: float, reason: str) -> None:
        """See ``Observer``."""

    def budget_left(self, source: str, calls: float) -> None:
        """See ``Observer``."""

    def failed(self, source: str, error_class: str) -> None:
        """See ``Observer``."""
