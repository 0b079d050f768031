"""The commands: letters listed, shown, replayed and dropped."""

import json
import logging
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn

import click

from schemas.platform import DeadLetter, SettledAs
from workers.cli.dlq.options import (
    check_chosen,
    dry_option,
    filter_of,
    filters,
    json_option,
    oldest,
)
from workers.cli.dlq.report import report, tell_strangers
from workers.cli.surroundings import EXIT_FAILED, cluster_or_exit, settings_or_exit
from workers.config.settings import KafkaSettings
from workers.letters import decision
from workers.letters.box import open_box
from workers.letters.carry_out import Decide, Done, carry_out
from workers.letters.choice import LetterFilter, UnclearIdError, named, topics_of
from workers.letters.describe import as_data, full, line
from workers.letters.letter import Fold, Letter
from workers.letters.seam import LettersError

__all__ = ["dlq"]

_SOON = 3
"""Letters a question shows before somebody drops them."""


@click.group()
def dlq() -> None:
    """Dead letters: records that could not be read or handled, kept raw with the reason.

    What a letter holds may be a customer's words.
    """
    # What goes wrong is told once, by us, with what to do.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)


@dlq.command("list")
@filters
@click.option("--all", "settled_too", is_flag=True, help="Also what was replayed or dropped.")
@click.option("--limit", type=click.IntRange(min=1), help="Only so many, the newest.")
@json_option
def list_(settled_too: bool, limit: int | None, as_json: bool, **given: Any) -> None:  # noqa: FBT001 - click passes them
    """The open letters, the newest last."""
    chosen = filter_of(given, settled_too=settled_too)
    fold = _read(topics_of(chosen))
    letters = [letter for letter in fold.letters if chosen.matches(letter)]
    shown = letters[-limit:] if limit else letters
    if as_json:
        click.echo(json.dumps({"letters": [as_data(letter) for letter in shown]}))
    else:
        for letter in shown:
            click.echo(line(letter))
    tell_strangers(len(fold.unreadable))
    if not shown:
        hint = "" if settled_too else "; with --all also those that were replayed or dropped"
        click.echo(f"no dead letter matches{hint}", err=True)
    elif len(shown) < len(letters):
        click.echo(f"the newest {len(shown)} of {len(letters)}", err=True)


@dlq.command()
@click.argument("letter_id", metavar="ID")
@json_option
def show(letter_id: str, as_json: bool) -> None:  # noqa: FBT001 - click passes it
    """One letter in full, with its raw bytes. ID: as listed, or its beginning."""
    kafka = _kafka()
    try:
        with open_box(kafka) as box:
            letter = named(box.read(box.spots(topics_of(LetterFilter()))).letters, letter_id)
            found = next(iter(box.raw([letter])), None)
    except UnclearIdError as error:
        _end(str(error))
    except LettersError as error:
        _end(str(error))
    if found is None:
        _end(f"{letter_id}: its record has expired in this moment")
    click.echo(json.dumps(as_data(*found)) if as_json else full(*found))


@dlq.command()
@click.argument("ids", nargs=-1, metavar="[ID ...]")
@filters
@oldest
@dry_option
@click.option(
    "--force", is_flag=True, help="Also what is older than its reader remembers, or was dropped."
)
@json_option
def replay(ids: tuple[str, ...], dry_run: bool, as_json: bool, **given: Any) -> None:  # noqa: FBT001 - click passes them
    """Write records back to the topics they came from, those named or those that match.

    Each record and the word that its letter is settled are one transaction. A record that
    fails again is the same letter with one more attempt.
    """
    force, limit = given.pop("force"), given.pop("limit")
    now = datetime.now(UTC)

    def decide(letter: Letter, raw: DeadLetter) -> decision.Write | decision.Refusal:
        return decision.replay(letter, raw, now=now, force=force)

    chosen = check_chosen(ids, filter_of(given))
    done = _carry_out(ids, chosen, limit, decide, SettledAs.REPLAYED, dry_run=dry_run)
    report(done, "replayed", dry_run=dry_run, as_json=as_json)


@dlq.command()
@click.argument("ids", nargs=-1, metavar="[ID ...]")
@filters
@oldest
@dry_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def drop(ids: tuple[str, ...], dry_run: bool, yes: bool, as_json: bool, **given: Any) -> None:  # noqa: FBT001 - click passes them
    """Settle letters without a replay, those named or those that match."""
    limit = given.pop("limit")
    chosen = check_chosen(ids, filter_of(given))

    def decide(letter: Letter, raw: DeadLetter) -> decision.Refusal | None:
        del raw
        return decision.drop(letter)

    if not (yes or dry_run):
        _confirm(ids, chosen, limit)
    done = _carry_out(ids, chosen, limit, decide, SettledAs.DROPPED, dry_run=dry_run)
    report(done, "dropped", dry_run=dry_run, as_json=as_json)


def _meant(fold: Fold, ids: tuple[str, ...], chosen: LetterFilter) -> list[Letter]:
    """The letters somebody means, the oldest first; raises ``UnclearIdError``."""
    if ids:
        found = {letter.name: letter for one in ids for letter in [named(fold.letters, one)]}
        return list(found.values())
    return [letter for letter in fold.letters if chosen.matches(letter)]


def _confirm(ids: tuple[str, ...], chosen: LetterFilter, limit: int | None) -> None:
    if not sys.stdin.isatty():
        raise click.UsageError("this drops letters for good: say --yes, or try --dry-run first")
    try:
        meant = _meant(_read(topics_of(chosen)), ids, chosen)[:limit]
    except UnclearIdError as error:
        _end(str(error))
    if not meant:
        return
    for letter in meant[:_SOON]:
        click.echo(line(letter), err=True)
    if len(meant) > _SOON:
        click.echo(f"and {len(meant) - _SOON} more", err=True)
    if not click.confirm(f"drop {len(meant)}?", err=True):
        _end("nothing was dropped")


def _carry_out(
    ids: tuple[str, ...],
    chosen: LetterFilter,
    limit: int | None,
    decide: Decide,
    outcome: SettledAs,
    *,
    dry_run: bool,
) -> Done:
    done = Done()

    def choose(fold: Fold) -> Sequence[Letter]:
        return _meant(fold, ids, chosen)

    try:
        done = carry_out(
            _kafka(),
            topics_of(chosen),
            choose,
            decide,
            outcome,
            now=lambda: datetime.now(UTC),
            limit=limit,
            dry_run=dry_run,
        )
    except (LettersError, UnclearIdError) as error:
        _end(str(error))
    return done


def _read(topics: Sequence[str]) -> Fold:
    try:
        with open_box(_kafka()) as box:
            return box.read(box.spots(topics))
    except LettersError as error:
        _end(str(error))


def _kafka() -> KafkaSettings:
    return cluster_or_exit(settings_or_exit()).kafka


def _end(message: str) -> NoReturn:
    click.echo(f"productops: {message}", err=True)
    sys.exit(EXIT_FAILED)
