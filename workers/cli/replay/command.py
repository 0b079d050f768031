"""The command: which role, from when on, and whether for real."""

from datetime import UTC, datetime

import click

from workers.cli.dlq.options import dry_option, json_option, moment
from workers.cli.replay.report import Told, tell, tell_progress
from workers.cli.run import role_or_exit
from workers.cli.surroundings import EXIT_REFUSED, cluster_or_exit, settings_or_exit
from workers.cli.upkeep.irrevocable import IRREVOCABLE
from workers.cli.upkeep.needs import to_replay
from workers.cli.upkeep.on_cluster import carried_out, end
from workers.runtime.stream_roles import STREAM_ROLES
from workers.streaming.engine.role import Role
from workers.streaming.rebuilding.replay import (
    NotReplayableError,
    Replayed,
    SwitchError,
)
from workers.streaming.rebuilding.replay import replay as carry_out

__all__ = ["replay"]


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
    if role in IRREVOCABLE:
        end(f"role {role} is not replayed: {IRREVOCABLE[role]}", EXIT_REFUSED)
    if since > datetime.now(UTC):
        raise click.BadParameter(f"{since.isoformat()} lies in the future", param_hint="--from")
    settings = cluster_or_exit(settings_or_exit())
    one = role_or_exit(role, settings)
    told = Told(role, since, one.partitions, dry_run=dry_run)
    carried_out(
        settings.kafka,
        to_replay(one, dry_run=dry_run),
        lambda client: _run(one, client, told),
        refused=(NotReplayableError,),
        failed=(SwitchError,),
        rest=lambda: _rest(told),
    )
    tell(told, as_json=as_json)


async def _run(role: Role, client: dict[str, object], told: Told) -> None:
    def done(one: Replayed) -> None:
        told.partitions.append(one)
        tell_progress(told)

    since = int(told.since.timestamp() * 1000)
    await carry_out(role, client, since, dry_run=told.dry_run, done=done)


def _rest(told: Told) -> str:
    """What is done and what is not."""
    if told.dry_run:
        return ""
    return (
        f". {len(told.partitions)} of {told.of} partitions are done; run the same command again "
        "for the rest"
    )
