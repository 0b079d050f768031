"""``productops sources``: what is read, and one source read once without Kafka."""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from connectors.base.clock import SystemClock
from connectors.base.contract import Connector, DeadRecord
from connectors.base.errors import ConfigurationError, TransientError
from connectors.base.http import network
from connectors.base.registry import CONNECTORS, ConnectorContext, Progress, spec_named
from workers.cli.surroundings import EXIT_CONFIGURATION, EXIT_FAILED, settings_or_exit
from workers.config.fields import in_words
from workers.config.load import Configuration, ConfigurationInvalid, load
from workers.config.sources import FIRST_PULL, Source

__all__ = ["sources"]

_SHOWN_DEAD = 20


@click.group()
def sources() -> None:
    """List the sources, and try one."""


@sources.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def list_(as_json: bool) -> None:  # noqa: FBT001 - click passes it
    """The sources of sources.yaml, and the connectors there are."""
    _, configuration = _configuration_or_exit()
    if as_json:
        click.echo(
            json.dumps(
                {
                    "sources": [_described(source) for source in configuration.sources],
                    "connectors": [
                        {"connector": spec.vendor, "reads": spec.summary}
                        for spec in CONNECTORS.values()
                    ],
                }
            )
        )
        return
    for source in configuration.sources:
        about = _described(source)
        click.echo(
            f"{about['name']:<20} {about['connector']:<12} every {about['every']:<6} "
            f"since {about['since']}"
        )
    if not configuration.sources:
        click.echo("no sources yet: add one to sources.yaml", err=True)
    click.echo("\nconnectors there are:", err=True)
    for spec in CONNECTORS.values():
        click.echo(f"  {spec.vendor:<12} {spec.summary}", err=True)


@sources.command("try")
@click.argument("name")
@click.option("--limit", type=click.IntRange(min=1), help="Stop after this many events.")
def try_(name: str, limit: int | None) -> None:
    """Read source NAME once, from its start, and print its events as JSON lines.

    Nothing is sent to Kafka and nothing is remembered. The events hold what customers wrote
    and who they are.
    """
    folder, configuration = _configuration_or_exit()
    source = configuration.source(name)
    if source is None:
        known = ", ".join(each.name for each in configuration.sources) or "none"
        raise click.BadParameter(f"no source {name!r} in sources.yaml; there are: {known}")
    with ExitStack() as stack:
        talk = _Talk(source.name)
        connector = _connect(source, configuration, folder, talk, stack)
        try:
            asyncio.run(_read(connector, limit, talk))
        except ConfigurationError as error:
            _end(f"{name}: {error}\n  fix: {error.remedy}", EXIT_CONFIGURATION)
        except TransientError as error:
            later = f"; it asks for {error.retry_after:.0f} s" if error.retry_after else ""
            _end(f"{name}: {error}{later}. Try again later.", EXIT_FAILED)
    click.echo(f"{talk.events} events, {talk.dead} records that cannot be read", err=True)


async def _read(connector: Connector, limit: int | None, talk: "_Talk") -> None:
    try:
        async for page in connector.pull(None):
            talk.buried(page.dead)
            for event in page.events:
                click.echo(event.to_json())
                talk.events += 1
                if limit is not None and talk.events >= limit:
                    return
    finally:
        await connector.close()


def _connect(
    source: Source,
    configuration: Configuration,
    folder: Path,
    talk: "_Talk",
    stack: ExitStack,
) -> Connector:
    clock = SystemClock()
    context = ConnectorContext(
        source_name=source.name,
        transport=network(),
        clock=clock,
        observer=talk,
        since=source.start(clock.now()),
        folder=folder,
        progress=_bars(stack),
    )
    return spec_named(source.connector).make(configuration.settings[source.name], context)


def _bars(stack: ExitStack) -> Callable[[Progress], None]:
    """A bar a file on a terminal; silence elsewhere. Always on standard error."""
    console = Console(stderr=True)
    if not console.is_terminal:
        return lambda _: None
    bars = stack.enter_context(
        Bars(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )
    )
    tasks: dict[str, TaskID] = {}

    def show(progress: Progress) -> None:
        if progress.label not in tasks:
            tasks[progress.label] = bars.add_task(progress.label, total=progress.total)
        bars.update(tasks[progress.label], completed=progress.done)

    return show


@dataclass(slots=True)
class _Talk:
    """What happens, told on standard error. Fulfils ``connectors.base.contract.Observer``."""

    name: str
    events: int = 0
    dead: int = 0

    def waited(self, source: str, seconds: float, reason: str) -> None:
        """See ``Observer``."""
        why = {
            "budget": "for the vendor's limit of calls",
            "retry_after": "because the vendor asks for it",
            "backoff": "before trying again",
        }
        click.echo(f"{source}: waiting {seconds:.0f} s {why.get(reason, reason)}", err=True)

    def budget_left(self, source: str, calls: float) -> None:
        """See ``Observer``."""

    def failed(self, source: str, error_class: str) -> None:
        """See ``Observer``."""
        if error_class == "transient":
            click.echo(f"{source}: a call failed", err=True)

    def buried(self, dead: Sequence[DeadRecord]) -> None:
        """Records that cannot be mapped."""
        for record in dead:
            self.dead += 1
            if self.dead <= _SHOWN_DEAD:
                click.echo(record.message, err=True)
            elif self.dead == _SHOWN_DEAD + 1:
                click.echo("... and more", err=True)


def _configuration_or_exit() -> tuple[Path, Configuration]:
    folder = settings_or_exit().config_dir
    try:
        return folder, load(folder, os.environ)
    except ConfigurationInvalid as error:
        _end(str(error), EXIT_CONFIGURATION)


def _described(source: Source) -> dict[str, str]:
    since = FIRST_PULL if source.since is None else source.since
    return {
        "name": source.name,
        "connector": source.connector,
        "every": in_words(source.every),
        "since": in_words(since) if isinstance(since, timedelta) else since.isoformat(),
    }


def _end(message: str, code: int) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(code)
