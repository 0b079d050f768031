"""The sandbox's command line."""

import shlex
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import uvicorn
from starlette.types import ASGIApp

from connectors.sandbox import demo as demo_files
from connectors.sandbox import slack as slack_sandbox
from connectors.sandbox import zendesk as zendesk_sandbox
from connectors.sandbox.zendesk.memory import StateMismatchError

__all__ = ["main"]


def _moment(context: click.Context, parameter: click.Parameter, raw: str | None) -> datetime | None:
    del context, parameter
    if raw is None:
        return None
    try:
        moment = datetime.fromisoformat(raw)
    except ValueError as error:
        raise click.BadParameter(f"{raw!r} is no ISO 8601 time") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _serve(app: ASGIApp, port: int) -> None:
    """Serve until a signal comes; port 0 takes a free one. Says where on standard output."""
    try:
        listening = socket.create_server(("127.0.0.1", port))
    except OSError as error:
        raise click.ClickException(f"port {port} cannot be used: {error.strerror}") from error
    config = uvicorn.Config(
        app, log_level="warning", http="h11", lifespan="off", timeout_graceful_shutdown=2
    )
    click.echo(f"http://127.0.0.1:{listening.getsockname()[1]}")
    uvicorn.Server(config).run(sockets=[listening])


@click.group()
def main() -> None:
    """Simulated vendors that speak HTTP on 127.0.0.1."""


@main.command()
@click.option("--port", type=int, required=True, help="Port to listen on.")
@click.option("--seed", type=int, default=7, show_default=True, help="Which company.")
@click.option("--state", type=click.Path(path_type=Path), help="File that remembers the company.")
@click.option("--now", callback=_moment, help="Found the company at this moment (ISO 8601).")
@click.option("--per-minute", type=int, default=10, show_default=True, help="Export calls allowed.")
@click.option(
    "--page-size", type=int, default=1_000, show_default=True, help="Most records a page."
)
@click.option("--conflict-every", type=int, default=0, help="Each n-th export answers 409.")
@click.option("--live", type=float, metavar="SECONDS", help="Something arrives this often.")
@click.option("--paused", is_flag=True, help="Nothing new arrives, what did earlier is kept.")
def zendesk(
    *,
    port: int,
    seed: int,
    state: Path | None,
    now: datetime | None,
    per_minute: int,
    page_size: int,
    conflict_every: int,
    live: float | None,
    paused: bool,
) -> None:
    """A Zendesk account full of tickets."""
    options = zendesk_sandbox.Options(
        per_minute=per_minute,
        page_size=page_size,
        conflict_every=conflict_every,
        live_every=timedelta(seconds=live) if live else None,
        paused=paused,
    )
    try:
        app = zendesk_sandbox.make_app(seed=seed, options=options, state=state, now=now)
    except StateMismatchError as error:
        raise click.ClickException(str(error)) from error
    _serve(app, port)


@main.command()
@click.option("--port", type=int, required=True, help="Port to listen on.")
@click.option("--state", type=click.Path(path_type=Path), help="File that keeps every message.")
@click.option(
    "--per-second", type=float, default=1.0, show_default=True, help="Messages a channel takes."
)
def slack(*, port: int, state: Path | None, per_second: float) -> None:
    """A Slack workspace that records what it gets; its page is at /."""
    _serve(slack_sandbox.make_app(state=state, per_second=per_second), port)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--zendesk-port", type=int, required=True)
@click.option("--slack-port", type=int, required=True)
@click.option("--seed", type=int, default=7, show_default=True, help="Which company.")
@click.option("--now", callback=_moment, help="Found the company at this moment (ISO 8601).")
def configure(
    *, folder: Path, zendesk_port: int, slack_port: int, seed: int, now: datetime | None
) -> None:
    """Write the demo's configuration into FOLDER and print how to start the simulators."""
    ports = demo_files.Ports(zendesk_port, slack_port)
    demo = demo_files.prepare(folder, ports, seed=seed, now=now)
    for name, value in demo.environ.items():
        click.echo(f"export {name}={value}")
    click.echo(f"export PRODUCTOPS_CONFIG_DIR={demo.config_dir.absolute()}")
    click.echo(shlex.join(demo.zendesk_command(live=True)))
    click.echo(shlex.join(demo.slack_command()))
