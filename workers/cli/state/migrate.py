"""``productops state migrate``: the rows of a role's state brought to this version's format."""

import json
from dataclasses import asdict

import click

from workers.cli.dlq.options import dry_option, json_option
from workers.cli.run import role_or_exit
from workers.cli.surroundings import cluster_or_exit, settings_or_exit
from workers.cli.upkeep.needs import to_migrate
from workers.cli.upkeep.on_cluster import carried_out
from workers.runtime.stream_roles import STREAM_ROLES
from workers.streaming.rebuilding.migration import Migrated, NothingToMigrateError
from workers.streaming.rebuilding.migration import migrate as carry_out
from workers.streaming.rebuilding.unused import InUseError

__all__ = ["migrate"]


@click.command()
@click.argument("role", type=click.Choice(sorted(STREAM_ROLES)))
@dry_option
@json_option
def migrate(role: str, dry_run: bool, as_json: bool) -> None:  # noqa: FBT001 - click passes them
    """Bring the state of ROLE to the format of this version; the role must be stopped.

    Rows that are up to date are left alone, so it can be run again at any time. A row of a newer
    format refuses all: then nothing is written.
    """
    settings = cluster_or_exit(settings_or_exit())
    one = role_or_exit(role, settings)
    found: list[Migrated] = []
    carried_out(
        settings.kafka,
        to_migrate(one, dry_run=dry_run),
        lambda client: carry_out(one, client, dry_run=dry_run, done=found.append),
        refused=(InUseError, NothingToMigrateError),
        rest=lambda: f". {len(found)} of {one.partitions} partitions are done",
    )
    _tell(role, found, dry_run=dry_run, as_json=as_json)


def _tell(role: str, found: list[Migrated], *, dry_run: bool, as_json: bool) -> None:
    rows, upgraded = sum(one.rows for one in found), sum(one.upgraded for one in found)
    if as_json:
        partitions = [asdict(one) for one in found]
        told = {"role": role, "dry_run": dry_run, "rows": rows, "upgraded": upgraded}
        click.echo(json.dumps(told | {"partitions": partitions}))
    elif not upgraded:
        click.echo(f"nothing to do: all {rows} rows of {role} are up to date")
    else:
        verb = "would be brought" if dry_run else "brought"
        click.echo(f"{upgraded} of {rows} rows of {role} {verb} up to date")
