"""``productops topics``: the registry against the cluster."""

import json
import sys
from typing import NoReturn

import click

from workers.cli.surroundings import EXIT_FAILED, cluster_or_exit, settings_or_exit
from workers.runtime.rights import rights_by_holder
from workers.streaming.access.grants import as_commands, as_objects, grants
from workers.streaming.topics import Action, Plan
from workers.streaming.topics.admin import ClusterError, apply_registry, plan_registry

__all__ = ["topics"]

_json = click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")


@click.group()
def topics() -> None:
    """Compare the topic registry with the cluster, and bring the cluster to it."""


@topics.command()
@_json
def plan(as_json: bool) -> None:  # noqa: FBT001 - click passes it
    """Show what apply would do; changes nothing. Exit code 1 when something needs a person."""
    try:
        found = plan_registry(cluster_or_exit(settings_or_exit()).kafka)
    except ClusterError as error:
        _fail(error)
    _show(found, as_json=as_json, done=False)


@topics.command()
@_json
def apply(as_json: bool) -> None:  # noqa: FBT001 - click passes it
    """Create and configure what is missing. Never deletes a topic, never lowers partitions."""
    try:
        found = apply_registry(cluster_or_exit(settings_or_exit()).kafka)
    except ClusterError as error:
        _fail(error)
    _show(found, as_json=as_json, done=True)


@topics.command()
@click.option(
    "--principal-prefix",
    default="User:productops-",
    show_default=True,
    help="What stands before the role in the name of each role's principal.",
)
@click.option(
    "--principal", help="One principal for all roles, instead of one each: User:productops."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["kafka-acls", "json"]),
    default="kafka-acls",
    show_default=True,
    help="Calls of Kafka's kafka-acls.sh, or a JSON list.",
)
def acls(principal_prefix: str, principal: str | None, form: str) -> None:
    """List the least rights that each role needs on the cluster; asks no cluster.

    Beside the roles of `productops run` there are four for people: topics (productops topics,
    check --connect), letters (productops dlq), rebuild (productops replay, state migrate, state
    clear, offsets reset) and reader (productops state show, offsets show).
    """
    for given in (principal_prefix, principal):
        if given is not None and ":" not in given:
            raise click.UsageError(f"{given!r} is no principal of Kafka's: write User:{given}")
    granted = grants(
        rights_by_holder(),
        prefix=principal or principal_prefix,
        one_principal=principal is not None,
    )
    if form == "json":
        click.echo(json.dumps(list(as_objects(granted)), indent=2))
    else:
        click.echo("\n".join(as_commands(granted)))


def _fail(error: ClusterError) -> NoReturn:
    click.echo(f"productops: {error}", err=True)
    sys.exit(EXIT_FAILED)


def _show(found: Plan, *, as_json: bool, done: bool) -> None:
    if as_json:
        changes = [
            {"action": change.action.value, "topic": change.topic, "detail": change.detail}
            for change in found.changes
        ]
        click.echo(json.dumps({"applied": done, "changes": changes}))
    elif not found.changes:
        click.echo("the cluster is as declared")
    else:
        for change in found.changes:
            verb = _verb(change.action, done=done)
            click.echo(f"{verb:<11}{change.topic}  {change.detail}")
    if found.refused:
        sys.exit(EXIT_FAILED)


def _verb(action: Action, *, done: bool) -> str:
    past = {Action.CREATE: "created", Action.CONFIGURE: "configured", Action.REFUSE: "refused"}
    return past[action] if done else action.value
