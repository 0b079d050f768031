"""``productops routes``: errors and doubts in the rules; which rule takes a text, and why not."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from workers.cli.surroundings import EXIT_CONFIGURATION, EXIT_FAILED, settings_or_exit
from workers.config.load import read
from workers.config.matchers import FIELDS, Value, field_named
from workers.config.matchers.fields import Shape
from workers.config.routes import Route
from workers.config.team import Team
from workers.feedback.routing.explain import Explained, Outcome
from workers.feedback.routing.lint import Doubt, lint

__all__ = ["routes"]

_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")


@click.group()
def routes() -> None:
    """Lint and explain the routing rules. Needs no Kafka and no secret."""


@routes.command("lint")
@click.option("--strict", is_flag=True, help="Exit code 1 for doubts as well.")
@_JSON
def lint_(strict: bool, as_json: bool) -> None:  # noqa: FBT001 - click passes them
    """Errors in the rules (exit code 3), and what is allowed but hardly meant."""
    rules = _rules_or_exit(as_json=as_json)
    doubts = lint(rules.route, rules.receivers, rules.team)
    if as_json:
        click.echo(json.dumps({"findings": [], "doubts": [asdict(doubt) for doubt in doubts]}))
    else:
        _tell_doubts(rules, doubts)
    if strict and doubts:
        sys.exit(EXIT_FAILED)


@routes.command("explain")
@click.option("--text", default="", help="What a customer wrote.")
@click.option("--subject", default="", help="The subject line.")
@click.option(
    "--field",
    "given",
    multiple=True,
    metavar="NAME=VALUE",
    help="Set a field that conditions ask about, such as kind=bug; may be repeated.",
)
@_JSON
def explain(text: str, subject: str, given: Sequence[str], as_json: bool) -> None:  # noqa: FBT001
    """Every route in order: taken, or its first failing condition with expected and actual.

    The text is classified as the feedback worker would; --field overrules what comes out.
    """
    rules = _rules_or_exit(as_json=as_json)
    fields = dict(_field_or_exit(entry) for entry in given)
    # imported here: models take a second to load, and lint needs none
    from workers.feedback.trial import Trial  # noqa: PLC0415

    tried = Trial(rules.route, rules.team).run(subject=subject, text=text, given=fields)
    decision = tried.decision
    if as_json:
        click.echo(
            json.dumps(
                {
                    "fields": {k: v for k, v in tried.fields.items() if v is not None},
                    "matches": [match.model_dump() for match in tried.labels.matches],
                    "routes": [asdict(one) for one in tried.explained],
                    "targets": [target.model_dump() for target in decision.targets],
                    "owner": decision.owner,
                    "team": decision.team,
                    "due_in_seconds": decision.due_in and decision.due_in.total_seconds(),
                },
                ensure_ascii=False,
            )
        )
        return
    _tell_labels(tried.fields, given)
    for match in tried.labels.matches:
        words = ", ".join(match.words) or match.reason
        click.echo(f"  {match.label:<22} {match.rule}: {words}")
    click.echo()
    for one in tried.explained:
        _tell_route(one)
    click.echo()
    for target in decision.targets:
        click.echo(f"-> {target.receiver} ({target.route}: {target.reason})")
    due = f", due in {decision.due_in}" if decision.due_in else ""
    click.echo(f"   owner {decision.owner or 'nobody'}, team {decision.team or 'none'}{due}")


@dataclass(frozen=True, slots=True)
class _Rules:
    folder: Path
    route: Route
    receivers: tuple[str, ...]
    team: Team


def _rules_or_exit(*, as_json: bool) -> _Rules:
    """The rules without what is secret in them; exit code 3 with all findings."""
    folder = settings_or_exit().config_dir
    reading = read(folder, os.environ, secrets=False)
    if reading.findings:
        if as_json:
            found = [asdict(finding) for finding in reading.findings]
            click.echo(json.dumps({"findings": found, "doubts": []}))
        for finding in () if as_json else reading.findings:
            click.echo(f"{finding}\n", err=True)
        sys.exit(EXIT_CONFIGURATION)
    if reading.route is None or reading.team is None:
        click.echo(
            "productops: team.yaml or the routes take values from the environment, and rules are "
            "read without it: write these values out",
            err=True,
        )
        sys.exit(EXIT_CONFIGURATION)
    return _Rules(folder, reading.route, reading.receivers, reading.team)


def _field_or_exit(entry: str) -> tuple[str, Value]:
    name, equals, value = entry.partition("=")
    name = name.strip()
    field = field_named(name)
    if not equals or field is None:
        known = ", ".join(field.name for field in FIELDS)
        msg = f"--field {entry!r}: write NAME=VALUE with one of {known} or attributes.<name>"
        raise click.UsageError(msg)
    value = value.strip()
    if field.shape is Shape.NUMBER:
        try:
            return name, float(value)
        except ValueError:
            msg = f"--field {entry!r}: {name} is a number"
            raise click.UsageError(msg) from None
    if field.values and value not in field.values:
        msg = f"--field {entry!r}: {name} is one of {', '.join(field.values)}"
        raise click.UsageError(msg)
    if name == "tags":
        return name, tuple(tag.strip() for tag in value.split(",") if tag.strip())
    return name, value


def _tell_doubts(rules: _Rules, doubts: Sequence[Doubt]) -> None:
    for doubt in doubts:
        click.echo(f"{doubt.where}: {doubt.code} {doubt.message}\n  fix: {doubt.remedy}")
    count = _count(rules.route)
    end = "no doubts" if not doubts else f"{len(doubts)} to look at"
    click.echo(f"{rules.folder / 'routes.yaml'}: {count} routes, no errors, {end}", err=True)


def _count(route: Route) -> int:
    return 1 + sum(map(_count, route.routes))


def _tell_labels(fields: Mapping[str, Value | None], given: Sequence[str]) -> None:
    told = {entry.partition("=")[0].strip() for entry in given}
    shown = ("kind", "confidence", "area", "urgency", "sentiment", "language", *sorted(told))
    for name in dict.fromkeys(shown):
        value = fields.get(name)
        mark = " (given)" if name in told else ""
        click.echo(f"{name:<12} {'none' if value is None else value}{mark}")


_WORDS = {
    Outcome.TAKEN: "TAKEN      ",
    Outcome.ENTERED: "entered    ",
    Outcome.TOO_LATE: "too late   ",
    Outcome.FAILED: "no         ",
    Outcome.NOT_REACHED: "not reached",
}


def _tell_route(one: Explained) -> None:
    line = f"{_WORDS[one.outcome]} {'  ' * one.depth}{one.route}"
    if one.outcome is Outcome.FAILED:
        line += f": {one.failing}: expected {one.expected}, found {one.actual}"
    elif one.outcome is Outcome.TOO_LATE:
        line += f": {one.earlier} took it and does not continue"
    elif one.outcome is Outcome.NOT_REACHED:
        line += ": the route above it was not entered"
    elif one.conditions:
        line += f": {' and '.join(one.conditions)}"
    click.echo(line)
