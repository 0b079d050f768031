"""What ``productops dlq`` says it has done."""

import json
import sys

import click

from workers.cli.surroundings import EXIT_FAILED
from workers.letters.carry_out import Done
from workers.letters.decision import Refusal
from workers.letters.describe import line
from workers.letters.text import escaped

__all__ = ["report", "tell_strangers"]


def report(done: Done, verb: str, *, dry_run: bool, as_json: bool) -> None:
    """What was done, and why not the rest; ends with exit code 1 when something was refused."""
    if as_json:
        refused = [
            {"id": letter.id, "reason": refusal.reason, "remedy": _remedy(refusal)}
            for letter, refusal in done.refused
        ]
        settled = [letter.id for letter in done.settled]
        click.echo(json.dumps({verb: settled, "refused": refused, "dry_run": dry_run}))
    else:
        for letter in done.settled:
            click.echo(f"{'would be ' if dry_run else ''}{verb}  {line(letter)}")
        for letter, refusal in done.refused:
            click.echo(
                f"{escaped(letter.id)}: not {verb}: {refusal.reason}\n"
                f"  do: {escaped(_remedy(refusal))}",
                err=True,
            )
    tell_strangers(done.unreadable)
    if done.expired:
        click.echo(f"{done.expired} expired before they could be read", err=True)
    if done.nothing:
        click.echo("no dead letter matches", err=True)
    else:
        rest = f", {len(done.refused)} refused" if done.refused else ""
        click.echo(f"{len(done.settled)} {'would be ' if dry_run else ''}{verb}{rest}", err=True)
    if done.refused:
        sys.exit(EXIT_FAILED)


def _remedy(refusal: Refusal) -> str:
    return f"{refusal.remedy}, with --force" if refusal.forceable else refusal.remedy


def tell_strangers(count: int) -> None:
    """Say that there are records which are no letters."""
    if count:
        click.echo(
            f"{count} record(s) in the dead-letter topics are no letters: somebody else wrote them",
            err=True,
        )
