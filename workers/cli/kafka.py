"""``productops kafka``: the embedded broker of the state folder."""

import json
import sys

import click

from workers.cli.surroundings import embedded_broker, settings_or_exit
from workers.streaming.broker import BrokerError, BrokerInfo

__all__ = ["kafka"]

_MEGABYTE = 1 << 20


@click.group()
def kafka() -> None:
    """The embedded broker: a real Kafka in the state folder, for one machine."""


@kafka.command()
@click.option(
    "--port", type=click.IntRange(1024, 65_000), help="Port; by default 19092 or the next free."
)
def start(port: int | None) -> None:
    """Start the broker; returns when it answers."""
    try:
        info = embedded_broker(settings_or_exit()).start(port)
    except BrokerError as error:
        click.echo(f"productops: {error}", err=True)
        sys.exit(1)
    click.echo(_described(info))


@kafka.command()
def stop() -> None:
    """Stop the broker; does nothing when none runs."""
    try:
        stopped = embedded_broker(settings_or_exit()).stop()
    except BrokerError as error:
        click.echo(f"productops: {error}", err=True)
        sys.exit(1)
    click.echo("stopped" if stopped else "no broker was running")


@kafka.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def status(as_json: bool) -> None:  # noqa: FBT001 - click passes it
    """Show the running broker; exit code 1 when none runs."""
    info = embedded_broker(settings_or_exit()).status()
    if as_json:
        click.echo(json.dumps(_fields(info)))
    else:
        click.echo("no broker is running" if info is None else _described(info))
    if info is None:
        sys.exit(1)


def _described(info: BrokerInfo) -> str:
    return (
        f"Kafka      {info.bootstrap} (process {info.pid}, {info.memory_bytes // _MEGABYTE} MB)\n"
        f"data       {info.folder}\n"
        f"log        {info.log_file}"
    )


def _fields(info: BrokerInfo | None) -> dict[str, object]:
    if info is None:
        return {"running": False}
    return {
        "running": True,
        "bootstrap": info.bootstrap,
        "pid": info.pid,
        "folder": str(info.folder),
        "log_file": str(info.log_file),
        "memory_bytes": info.memory_bytes,
    }
