"""``productops offsets show``: where a role's group stands, and what Kafka holds there."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click

from workers.cli.dlq.options import json_option
from workers.cli.run import role_or_exit
from workers.cli.surroundings import EXIT_FAILED, cluster_or_exit, settings_or_exit
from workers.cli.upkeep.needs import to_see_offsets
from workers.cli.upkeep.on_cluster import carried_out
from workers.runtime.stream_roles import STREAM_ROLES
from workers.streaming.engine.role import Role
from workers.streaming.rebuilding.standings import Stand, stands
from workers.streaming.rebuilding.unused import InUseError, asking, members

__all__ = ["show"]


@click.command()
@click.argument("role", type=click.Choice(sorted(STREAM_ROLES)))
@json_option
def show(role: str, as_json: bool) -> None:  # noqa: FBT001 - click passes it
    """Show for each partition of each input of ROLE where its group stands.

    The committed offset, the first and the last that Kafka holds, how many records wait. Exit
    code 1 when an offset is none that Kafka holds: the role halts there until a person decides.
    """
    settings = cluster_or_exit(settings_or_exit())
    one = role_or_exit(role, settings)
    running, found = carried_out(
        settings.kafka,
        to_see_offsets(one),
        lambda client: _look(one, client),
        failed=(InUseError,),
    )
    if as_json:
        click.echo(json.dumps(_as_data(role, running, found)))
    else:
        _table(role, running, found)
    if any(stand.expired for stand in found):
        sys.exit(EXIT_FAILED)


async def _look(role: Role, client: dict[str, Any]) -> tuple[int, Sequence[Stand]]:
    running = await members(role.group, asking(client))
    return running, await stands(role, client)


def _as_data(role: str, running: int, found: Sequence[Stand]) -> dict[str, Any]:
    partitions = [asdict(one) | {"lag": one.lag, "expired": one.expired} for one in found]
    return {"role": role, "members": running, "partitions": partitions}


def _table(role: str, running: int, found: Sequence[Stand]) -> None:
    click.echo(f"{running} in the group of {role}", err=True)
    width = max(len(one.topic) for one in found)
    head = f"{'topic':<{width}}  partition  committed      start        end        lag"
    click.echo(head)
    for one in found:
        committed = "none" if one.committed is None else str(one.committed)
        click.echo(
            f"{one.topic:<{width}}  {one.partition:>9}  {committed:>9}  {one.start:>9}  "
            f"{one.end:>9}  {one.lag:>9}  {_remark(one)}".rstrip()
        )


def _remark(one: Stand) -> str:
    if not one.expired or one.committed is None:
        return ""
    if one.committed < one.start:
        return f"expired: {one.start - one.committed} are gone"
    return "expired: beyond the end"
