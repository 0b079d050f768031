"""``productops state clear``: a role's state given up, to be made anew from its inputs."""

import json
from dataclasses import asdict

import click

from workers.cli.dlq.options import dry_option, json_option
from workers.cli.run import role_or_exit
from workers.cli.surroundings import EXIT_REFUSED, cluster_or_exit, settings_or_exit
from workers.cli.upkeep.irrevocable import IRREVOCABLE
from workers.cli.upkeep.needs import to_clear
from workers.cli.upkeep.on_cluster import carried_out, end
from workers.runtime.stream_roles import STREAM_ROLES
from workers.streaming.rebuilding.clearing import Cleared, NothingToClearError
from workers.streaming.rebuilding.clearing import clear as carry_out
from workers.streaming.rebuilding.unused import InUseError

__all__ = ["clear"]


@click.command()
@click.argument("role", type=click.Choice(sorted(STREAM_ROLES)))
@click.option("--yes", is_flag=True, help="Needed without --dry-run: rows cannot be had back.")
@dry_option
@json_option
def clear(role: str, yes: bool, dry_run: bool, as_json: bool) -> None:  # noqa: FBT001 - click passes them
    """Delete all that ROLE remembers and let it read its inputs from the beginning.

    The role must be stopped; started again, it makes its state anew from what Kafka still holds.
    What it has written stays, and is written again.
    """
    if role in IRREVOCABLE:
        end(f"the state of role {role} is not cleared: {IRREVOCABLE[role]}", EXIT_REFUSED)
    if not yes and not dry_run:
        raise click.UsageError(
            "all rows would be deleted, for good: see how many with --dry-run, then say --yes"
        )
    settings = cluster_or_exit(settings_or_exit())
    one = role_or_exit(role, settings)
    found: list[Cleared] = []
    carried_out(
        settings.kafka,
        to_clear(one, dry_run=dry_run),
        lambda client: carry_out(one, client, dry_run=dry_run, done=found.append),
        refused=(InUseError, NothingToClearError),
        rest=lambda: (
            ""
            if dry_run
            else f". {len(found)} of {one.partitions} partitions are empty; run the "
            "same command again for the rest"
        ),
    )
    rows, records = sum(each.rows for each in found), sum(each.records for each in found)
    if as_json:
        told = {"role": role, "dry_run": dry_run, "rows": rows, "records": records}
        click.echo(json.dumps(told | {"partitions": [asdict(each) for each in found]}))
    else:
        verb = "would be" if dry_run else "are"
        click.echo(
            f"{rows} rows of {role} {verb} deleted; it reads {records} records from the beginning "
            "when it is started"
        )
