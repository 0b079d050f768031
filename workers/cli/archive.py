"""``productops archive``: the SQL read model, its tables, its age, and building it anew."""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, TypeVar

import click

from workers.archive.commands import (
    ArchiveError,
    ArchiveRefusedError,
    migrate_model,
    model_status,
    rebuild_model,
)
from workers.archive.engine import DatabaseUrlError
from workers.archive.rebuild import Rebuilt
from workers.archive.status import Status
from workers.cli.surroundings import (
    EXIT_CONFIGURATION,
    EXIT_FAILED,
    EXIT_REFUSED,
    cluster_or_exit,
    settings_or_exit,
)
from workers.observability.logs import configure_logging

__all__ = ["archive"]

T = TypeVar("T")
_json = click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")


@click.group()
def archive() -> None:
    """The SQL read model: a projection of topics, dropped and rebuilt at will."""


@archive.command()
@_json
def migrate(as_json: bool) -> None:  # noqa: FBT001 - click passes it
    """Bring the tables to this version. The archive role does the same when it starts."""
    done = _or_exit(lambda: migrate_model(settings_or_exit()))
    if as_json:
        click.echo(json.dumps({"changed": done.changed, **asdict(done)}))
    elif done.changed:
        click.echo(f"migrated from {done.before or 'an empty database'} to {done.after}")
    else:
        click.echo(f"nothing to do: the tables are at {done.after}")


@archive.command()
@_json
def status(as_json: bool) -> None:  # noqa: FBT001 - click passes it
    """How many rows, how far behind Kafka, how old. Exit code 1 when it wants a person."""
    found = _or_exit(lambda: model_status(settings_or_exit()))
    if as_json:
        click.echo(json.dumps({"current": found.current, **asdict(found)}, default=_plain))
    else:
        _tell(found)
    if not found.current:
        sys.exit(EXIT_FAILED)


@archive.command()
@click.option("--dry-run", is_flag=True, help="Build and count, then throw the new model away.")
@_json
def rebuild(dry_run: bool, as_json: bool) -> None:  # noqa: FBT001 - click passes it
    """Read every topic again into a second model, then exchange the two in one transaction.

    Pages show the old rows until then, and a running archive goes on with the new ones. What
    the topics no longer hold is not in the new model. One at a time: a second one is refused.
    """
    settings = cluster_or_exit(settings_or_exit())
    configure_logging("archive", form=settings.log_format)
    if not as_json:
        click.echo("reading every topic from its first record ...", err=True)
    done = _or_exit(lambda: rebuild_model(settings, exchange=not dry_run, tell=_tell_behind))
    if as_json:
        click.echo(json.dumps(asdict(done)))
    else:
        _tell_rebuilt(done)


def _tell(found: Status) -> None:
    click.echo(f"database    {found.database}, tables {found.revision or 'none'}")
    if found.revision is None:
        click.echo("            run: productops archive migrate")
        return
    if found.revision != found.revision_known:
        click.echo(
            f"            this version knows {found.revision_known}: productops archive migrate"
        )
    if found.projection != found.projection_known:
        click.echo(
            "            made by another version of the projection: productops archive rebuild"
        )
    click.echo(
        f"rows        {', '.join(f'{name} {count:,}' for name, count in found.rows.items())}"
    )
    if found.age_seconds is None:
        click.echo("age         the archive has never run: productops run archive")
    else:
        click.echo(
            f"age         looked {found.age_seconds:,.0f} s ago, {found.behind:,} records behind"
        )
    for gap in found.gaps:
        click.echo(
            f"gap         {gap.spot.topic}/{gap.spot.partition} from {gap.first_offset} to "
            f"{gap.next_offset}: {gap.reason}"
        )


def _tell_behind(records: int) -> None:
    click.echo(f"{records:,} records to go", err=True)


def _tell_rebuilt(done: Rebuilt) -> None:
    click.echo(f"read {done.records:,} records in {done.seconds:,.1f} s")
    for name, count in done.after.items():
        was = done.before[name]
        click.echo(f"{name:<14}{count:>10,} rows" + ("" if was == count else f"  (were {was:,})"))
    click.echo("exchanged" if done.exchanged else "thrown away (--dry-run): nothing was changed")


def _plain(value: Any) -> str:
    return str(value.isoformat())


def _or_exit(work: Callable[[], T]) -> T:
    try:
        return work()
    except DatabaseUrlError as error:
        click.echo(f"productops: {error}", err=True)
        sys.exit(EXIT_CONFIGURATION)
    except ArchiveRefusedError as error:
        click.echo(f"productops: {error}", err=True)
        sys.exit(EXIT_REFUSED)
    except ArchiveError as error:
        click.echo(f"productops: {error}", err=True)
        sys.exit(EXIT_FAILED)
