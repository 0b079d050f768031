"""The command: which role, from when on, and whether for real."""

import asyncio
import logging
import sys
from datetime import UTC, datetime

import click
from aiokafka.errors import KafkaError

from workers.cli.dlq.options import dry_option, json_option, moment
from workers.cli.replay.report import Told, tell, tell_progress
from workers.cli.run import role_or_exit
from workers.cli.surroundings import EXIT_FAILED, EXIT_REFUSED, cluster_or_exit, settings_or_exit
from workers.runtime.stream_roles import STREAM_ROLES
from workers.streaming.access.errors import ClusterError
from workers.streaming.access.knock import knock_blocking
from workers.streaming.access.reasons import refused_right
from workers.streaming.clients import client_settings
from workers.streaming.engine.recovery.restore import RestoreError
from workers.streaming.engine.role import Role
from workers.streaming.rebuilding.replay import (
    NotReplayableError,
    Replayed,
    SwitchError,
)
from workers.streaming.rebuilding.replay import replay as carry_out

__all__ = ["replay"]

_NOT_AGAIN = {
    "delivery": "its results are messages that people have got: nobody can take them back, and "
    "nobody is to get them twice",
}
"""Roles that keep a state and are not replayed all the same, and why."""


@click.command()
@click.argument("role", type=click.Choice(sorted(STREAM_ROLES)))
@click.option(
    "--from",
    "since",
    required=True,
    callback=moment,
    help="What came in then or later: 2026-03-01, 2026-03-01T09:00:00Z, or 90d for 90 days ago.",
)
@dry_option
@json_option
def replay(role: str, since: datetime, dry_run: bool, as_json: bool) -> None:  # noqa: FBT001 - click passes them
    """Decide anew what ROLE has decided, by today's rules; nobody is informed again.

    Whether the role runs or not makes no difference. Restart it with the new configuration first:
    what comes in meanwhile is decided by the configuration that it was started with.
    """
    if role in _NOT_AGAIN:
        _end(f"role {role} is not replayed: {_NOT_AGAIN[role]}", EXIT_REFUSED)
    if since > datetime.now(UTC):
        raise click.BadParameter(f"{since.isoformat()} lies in the future", param_hint="--from")
    settings = cluster_or_exit(settings_or_exit())
    one = role_or_exit(role, settings)
    told = Told(role, since, one.partitions, dry_run=dry_run)
    for name in ("aiokafka", "asyncio"):  # what goes wrong is told once, by us
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        knock_blocking(settings.kafka)
        asyncio.run(_run(one, client_settings(settings.kafka), told))
    except NotReplayableError as error:
        _end(str(error), EXIT_REFUSED)
    except (ClusterError, RestoreError, SwitchError) as error:
        _end(_with_rest(str(error), told), EXIT_FAILED)
    except (KafkaError, TimeoutError, OSError) as error:
        reason = refused_right(error) or f"{type(error).__name__}: {error}"
        _end(_with_rest(reason, told), EXIT_FAILED)
    tell(told, as_json=as_json)


async def _run(role: Role, client: dict[str, object], told: Told) -> None:
    def done(one: Replayed) -> None:
        told.partitions.append(one)
        tell_progress(told)

    since = int(told.since.timestamp() * 1000)
    await carry_out(role, client, since, dry_run=told.dry_run, done=done)


def _with_rest(reason: str, told: Told) -> str:
    """The reason, and what is done and what is not."""
    if told.dry_run:
        return reason
    return (
        f"{reason}. {len(told.partitions)} of {told.of} partitions are done; run the same command "
        "again for the rest"
    )


def _end(message: str, code: int) -> None:
    click.echo(f"productops: {message}", err=True)
    sys.exit(code)
