"""``productops state show``: what a role remembers of one key."""

import dataclasses
import json
from typing import Any

import click
from pydantic import BaseModel

from workers.cli.run import role_or_exit
from workers.cli.surroundings import cluster_or_exit, settings_or_exit
from workers.cli.upkeep.needs import to_see_state
from workers.cli.upkeep.on_cluster import carried_out
from workers.runtime.stream_roles import STREAM_ROLES
from workers.streaming.inspection import NoStateError, inspect_row

__all__ = ["show"]


@click.command()
@click.argument("role", type=click.Choice(sorted(STREAM_ROLES)))
@click.argument("key")
def show(role: str, key: str) -> None:
    """Show the row of KEY as JSON: an item's id for feedback, a message's id for delivery.

    Reads the committed changelog; no running worker is asked or disturbed.
    """
    settings = cluster_or_exit(settings_or_exit())
    one = role_or_exit(role, settings)
    found = carried_out(
        settings.kafka,
        to_see_state(one),
        lambda client: inspect_row(client, one.processor, key),
        failed=(NoStateError,),
    )
    click.echo(f"{found.topic} partition {found.partition}, {found.size} bytes", err=True)
    click.echo(json.dumps(found.row, default=_plain, indent=2, ensure_ascii=False))


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    return str(value)
