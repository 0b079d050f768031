"""``productops offsets reset``: a role's group made to go on from another place."""

import json
from dataclasses import asdict
from datetime import UTC, datetime

import click

from workers.cli.dlq.options import dry_option, json_option, moment
from workers.cli.run import role_or_exit
from workers.cli.surroundings import cluster_or_exit, settings_or_exit
from workers.cli.upkeep.needs import to_move
from workers.cli.upkeep.on_cluster import carried_out
from workers.runtime.stream_roles import STREAM_ROLES
from workers.streaming.rebuilding.moves import Goal, Move, OutOfReachError, Place
from workers.streaming.rebuilding.resetting import Choice, movable
from workers.streaming.rebuilding.resetting import reset as carry_out
from workers.streaming.rebuilding.unused import InUseError

__all__ = ["reset"]


@click.command()
@click.argument("role", type=click.Choice(sorted(STREAM_ROLES)))
@click.option("--to-earliest", is_flag=True, help="The first record that Kafka holds.")
@click.option("--to-latest", is_flag=True, help="Behind the last one: what waits is skipped.")
@click.option(
    "--to",
    "since",
    callback=moment,
    help="The first record written then or later: 2026-03-01T09:00:00Z, or 24h for a day ago.",
)
@click.option(
    "--to-offset",
    type=click.IntRange(min=0),
    help="This offset; with --partition, and --topic where there are several.",
)
@click.option("--topic", help="Only this input.")
@click.option("--partition", type=click.IntRange(min=0), help="Only this partition.")
@click.option("--expired", is_flag=True, help="Only where Kafka no longer holds the offset.")
@dry_option
@json_option
def reset(  # noqa: PLR0917 - click passes them
    role: str,
    to_earliest: bool,  # noqa: FBT001
    to_latest: bool,  # noqa: FBT001
    since: datetime | None,
    to_offset: int | None,
    topic: str | None,
    partition: int | None,
    expired: bool,  # noqa: FBT001
    dry_run: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> None:
    """Make ROLE go on reading from another place; the role must be stopped.

    Says how many records are skipped or read again. What is read again is recognised as far as
    the role remembers identities; its state and its outputs stay as they are.
    """
    goal = _goal(earliest=to_earliest, latest=to_latest, since=since, offset=to_offset)
    settings = cluster_or_exit(settings_or_exit())
    one = role_or_exit(role, settings)
    names = [each.name for each in one.inputs]
    if topic is not None and topic not in names:
        raise click.BadParameter(f"role {role} reads {', '.join(names)}", param_hint="--topic")
    if partition is not None and partition >= one.partitions:
        last = one.partitions - 1
        raise click.BadParameter(
            f"role {role} has partitions 0 to {last}", param_hint="--partition"
        )
    alone = topic is not None or len(movable(one)) == 1
    if goal.place is Place.OFFSET and (partition is None or not alone):
        raise click.UsageError(
            "--to-offset is a place in one partition: name it by --topic and --partition"
        )
    found: list[Move] = []
    choice = Choice(topic, partition, expired=expired)
    carried_out(
        settings.kafka,
        to_move(one, dry_run=dry_run),
        lambda client: carry_out(one, client, goal, choice, dry_run=dry_run, done=found.append),
        refused=(InUseError,),
        failed=(OutOfReachError,),
        rest=lambda: "" if dry_run else f". {len(found)} partitions are done",
    )
    if as_json:
        partitions = [asdict(move) for move in found]
        click.echo(json.dumps({"role": role, "dry_run": dry_run, "partitions": partitions}))
    else:
        _tell(found, dry_run=dry_run)


def _goal(*, earliest: bool, latest: bool, since: datetime | None, offset: int | None) -> Goal:
    given: list[Goal] = []
    if earliest:
        given.append(Goal(Place.EARLIEST))
    if latest:
        given.append(Goal(Place.LATEST))
    if since is not None:
        if since > datetime.now(UTC):
            raise click.BadParameter(f"{since.isoformat()} lies in the future", param_hint="--to")
        given.append(Goal(Place.TIME, int(since.timestamp() * 1000)))
    if offset is not None:
        given.append(Goal(Place.OFFSET, offset))
    if len(given) != 1:
        raise click.UsageError("give one of --to-earliest, --to-latest, --to and --to-offset")
    return given[0]


def _tell(found: list[Move], *, dry_run: bool) -> None:
    if not found:
        click.echo("nothing to do: no partition is concerned")
        return
    for move in found:
        before = "none" if move.before is None else str(move.before)
        click.echo(
            f"{move.topic} partition {move.partition}: {before} -> {move.after}, {_meaning(move)}"
        )
    skipped, again = sum(one.skipped for one in found), sum(one.again for one in found)
    verb = "would be" if dry_run else "are"
    click.echo(f"{skipped} records {verb} skipped, {again} {verb} read again", err=True)


def _meaning(move: Move) -> str:
    parts = [f"{move.waiting} to read"]
    if move.again:
        parts.append(f"{move.again} of them again")
    if move.skipped:
        parts.append(f"{move.skipped} skipped")
    if move.gone:
        parts.append(f"{move.gone} gone before they were read")
    return ", ".join(parts)
