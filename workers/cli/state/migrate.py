"""``productops state migrate``: the rows of a role's state brought to this version's format."""

import asyncio
import json
import logging
import sys
from dataclasses import asdict

import click
from aiokafka.errors import KafkaError

from workers.cli.dlq.options import dry_option, json_option
from workers.cli.run import role_or_exit
from workers.cli.surroundings import (
    EXIT_FAILED,
    EXIT_REFUSED,
    cluster_or_exit,
    settings_or_exit,
)
from workers.runtime.stream_roles import STREAM_ROLES
from workers.streaming.access.errors import ClusterError
from workers.streaming.access.knock import knock_blocking
from workers.streaming.access.reasons import refused_right
from workers.streaming.clients import client_settings
from workers.streaming.engine.recovery.restore import RestoreError
from workers.streaming.rebuilding.migration import InUseError, Migrated, NothingToMigrateError
from workers.streaming.rebuilding.migration import migrate as carry_out

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
    client = client_settings(settings.kafka)
    for name in ("aiokafka", "asyncio"):  # what goes wrong is told once, by us
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        knock_blocking(settings.kafka)
        asyncio.run(carry_out(one, client, dry_run=dry_run, done=found.append))
    except (InUseError, NothingToMigrateError) as error:
        _end(str(error), EXIT_REFUSED)
    except (ClusterError, RestoreError) as error:
        _end(str(error), EXIT_FAILED)
    except (KafkaError, TimeoutError, OSError) as error:
        reason = refused_right(error) or f"{type(error).__name__}: {error}"
        _end(f"{reason}. {len(found)} of {one.partitions} partitions are done", EXIT_FAILED)
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


def _end(message: str, code: int) -> None:
    click.echo(f"productops: {message}", err=True)
    sys.exit(code)
