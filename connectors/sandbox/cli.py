"""The sandbox's command line."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import uvicorn
from starlette.types import ASGIApp

from connectors.sandbox.zendesk import Options, make_app
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
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", http="h11", lifespan="off")


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
) -> None:
    """A Zendesk account full of tickets."""
    options = Options(
        per_minute=per_minute,
        page_size=page_size,
        conflict_every=conflict_every,
        live_every=timedelta(seconds=live) if live else None,
    )
    try:
        app = make_app(seed=seed, options=options, state=state, now=now)
    except StateMismatchError as error:
        raise click.ClickException(str(error)) from error
    _serve(app, port)
