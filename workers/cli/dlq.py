"""``productops dlq``: dead letters listed, shown, replayed and dropped."""

import json
import logging
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import click
from pydantic import TypeAdapter, ValidationError

from schemas.platform import DeadLetter, ErrorClass, SettledAs
from schemas.topics import REGISTRY, dead_letter_topic
from workers.cli.surroundings import EXIT_FAILED, cluster_or_exit, settings_or_exit
from workers.config.fields import Since
from workers.config.settings import KafkaSettings
from workers.letters import decision
from workers.letters.box import open_box
from workers.letters.carry_out import Decide, Done, carry_out
from workers.letters.choice import LetterFilter, UnclearIdError, named
from workers.letters.describe import as_data, full, line
from workers.letters.letter import Fold, Letter
from workers.letters.seam import LettersError
from workers.letters.text import escaped

__all__ = ["dlq"]

_ORIGINS = tuple(topic.name.removesuffix(".dlq") for topic in REGISTRY if topic.data is DeadLetter)
_SINCE: TypeAdapter[datetime | timedelta] = TypeAdapter(Since)
_SOON = 3
"""Letters a question shows before somebody drops them."""


def _moment(ctx: click.Context, param: click.Parameter, value: str | None) -> datetime | None:
    """A date, a moment, or how long ago."""
    del ctx, param
    if value is None:
        return None
    try:
        found = _SINCE.validate_python(value)
    except ValidationError:
        raise click.BadParameter(
            f"{value!r} is no time: write 2026-03-01, 2026-03-01T09:00:00Z, or 24h for a day ago"
        ) from None
    return datetime.now(UTC) - found if isinstance(found, timedelta) else found


def _topic(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """A topic by its own name or that of its dead-letter topic."""
    del ctx, param
    origin = value.removesuffix(".dlq") if value else None
    if origin is not None and origin not in _ORIGINS:
        known = ", ".join(_ORIGINS)
        raise click.BadParameter(f"{value!r} has no dead letters; topics that have: {known}")
    return origin


_FILTERS = (
    click.option(
        "--topic", callback=_topic, help="The topic the record stood in or was meant for."
    ),
    click.option(
        "--error",
        "error_class",
        type=click.Choice([error.value for error in ErrorClass]),
        help="Why it died.",
    ),
    click.option("--since", callback=_moment, help="Last failed then or later: a time, or 24h."),
    click.option("--until", callback=_moment, help="Last failed before then: a time, or 24h."),
    click.option("--key", help="Key of the dead record, as text."),
    click.option("--source", help="Name of the source, for a connector's record."),
    click.option("--id", "id_prefix", default="", help="The id begins so."),
)
_json = click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
_dry = click.option("--dry-run", is_flag=True, help="Say what would be done; write nothing.")
_limit = click.option(
    "--limit", type=click.IntRange(min=1), help="At most so many, the oldest first."
)


def _filters(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_FILTERS):
        command = option(command)
    return command


def _filter(given: dict[str, Any], *, settled_too: bool = False) -> LetterFilter:
    error, key = given.pop("error_class"), given.pop("key")
    return LetterFilter(
        error_class=ErrorClass(error) if error else None,
        key=None if key is None else key.encode(),
        settled_too=settled_too,
        **given,
    )


@click.group()
def dlq() -> None:
    """Dead letters: records that could not be read or handled, kept raw with the reason.

    What a letter holds may be a customer's words.
    """
    # What goes wrong is told once, by us, with what to do.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)


@dlq.command("list")
@_filters
@click.option("--all", "settled_too", is_flag=True, help="Also what was replayed or dropped.")
@click.option("--limit", type=click.IntRange(min=1), help="Only so many, the newest.")
@_json
def list_(settled_too: bool, limit: int | None, as_json: bool, **given: Any) -> None:  # noqa: FBT001 - click passes them
    """The open letters, the newest last."""
    chosen = _filter(given, settled_too=settled_too)
    fold = _read(_topics(chosen))
    letters = [letter for letter in fold.letters if chosen.matches(letter)]
    shown = letters[-limit:] if limit else letters
    if as_json:
        click.echo(json.dumps({"letters": [as_data(letter) for letter in shown]}))
    else:
        for letter in shown:
            click.echo(line(letter))
    _tell_strangers(len(fold.unreadable))
    if not shown:
        hint = "" if settled_too else "; with --all also those that were replayed or dropped"
        click.echo(f"no dead letter matches{hint}", err=True)
    elif len(shown) < len(letters):
        click.echo(f"the newest {len(shown)} of {len(letters)}", err=True)


@dlq.command()
@click.argument("letter_id", metavar="ID")
@_json
def show(letter_id: str, as_json: bool) -> None:  # noqa: FBT001 - click passes it
    """One letter in full, with its raw bytes. ID: as listed, or its beginning."""
    kafka = _kafka()
    try:
        with open_box(kafka) as box:
            letter = named(box.read(box.spots(_topics(LetterFilter()))).letters, letter_id)
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
@_filters
@_limit
@_dry
@click.option(
    "--force", is_flag=True, help="Also what is older than its reader remembers, or was dropped."
)
@_json
def replay(ids: tuple[str, ...], dry_run: bool, as_json: bool, **given: Any) -> None:  # noqa: FBT001 - click passes them
    """Write records back to the topics they came from, those named or those that match.

    Each record and the word that its letter is settled are one transaction. A record that
    fails again is the same letter with one more attempt.
    """
    force, limit = given.pop("force"), given.pop("limit")
    now = datetime.now(UTC)

    def decide(letter: Letter, raw: DeadLetter) -> decision.Write | decision.Refusal:
        return decision.replay(letter, raw, now=now, force=force)

    chosen = _chosen(ids, _filter(given))
    done = _carry_out(ids, chosen, limit, decide, SettledAs.REPLAYED, dry_run=dry_run)
    _report(done, "replayed", dry_run=dry_run, as_json=as_json)


@dlq.command()
@click.argument("ids", nargs=-1, metavar="[ID ...]")
@_filters
@_limit
@_dry
@click.option("--yes", is_flag=True, help="Do not ask.")
@_json
def drop(ids: tuple[str, ...], dry_run: bool, yes: bool, as_json: bool, **given: Any) -> None:  # noqa: FBT001 - click passes them
    """Settle letters without a replay, those named or those that match."""
    limit = given.pop("limit")
    chosen = _chosen(ids, _filter(given))

    def decide(letter: Letter, raw: DeadLetter) -> decision.Refusal | None:
        del raw
        return decision.drop(letter)

    if not (yes or dry_run):
        _confirm(ids, chosen, limit)
    done = _carry_out(ids, chosen, limit, decide, SettledAs.DROPPED, dry_run=dry_run)
    _report(done, "dropped", dry_run=dry_run, as_json=as_json)


def _chosen(ids: tuple[str, ...], chosen: LetterFilter) -> LetterFilter:
    """The filter, unless nothing or too much is given."""
    if ids and chosen.narrows:
        raise click.UsageError("give ids or filters, not both")
    if not ids and not chosen.narrows:
        raise click.UsageError(
            "name letters, or narrow them by a filter such as --topic or --since"
        )
    return chosen


def _meant(
    fold: Fold, ids: tuple[str, ...], chosen: LetterFilter, limit: int | None
) -> list[Letter]:
    """The letters somebody means, the oldest first; raises ``UnclearIdError``."""
    if ids:
        found = {letter.name: letter for one in ids for letter in [named(fold.letters, one)]}
        return list(found.values())
    return [letter for letter in fold.letters if chosen.matches(letter)][:limit]


def _confirm(ids: tuple[str, ...], chosen: LetterFilter, limit: int | None) -> None:
    if not sys.stdin.isatty():
        raise click.UsageError("this drops letters for good: say --yes, or try --dry-run first")
    try:
        meant = _meant(_read(_topics(chosen)), ids, chosen, limit)
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
        return _meant(fold, ids, chosen, limit)

    try:
        done = carry_out(
            _kafka(),
            _topics(chosen),
            choose,
            decide,
            outcome,
            now=lambda: datetime.now(UTC),
            dry_run=dry_run,
        )
    except (LettersError, UnclearIdError) as error:
        _end(str(error))
    return done


def _report(done: Done, verb: str, *, dry_run: bool, as_json: bool) -> None:
    """What was done, and why not the rest; ends with exit code 1 when something was refused."""
    if as_json:
        refused = [
            {"id": letter.id, "reason": refusal.reason, "remedy": refusal.remedy}
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
                f"  do: {escaped(refusal.remedy)}",
                err=True,
            )
    _tell_strangers(done.unreadable)
    if done.expired:
        click.echo(f"{done.expired} expired before they could be read", err=True)
    if done.nothing:
        click.echo("no dead letter matches", err=True)
    else:
        rest = f", {len(done.refused)} refused" if done.refused else ""
        click.echo(f"{len(done.settled)} {'would be ' if dry_run else ''}{verb}{rest}", err=True)
    if done.refused:
        sys.exit(EXIT_FAILED)


def _topics(chosen: LetterFilter) -> list[str]:
    return [dead_letter_topic(name) for name in ([chosen.topic] if chosen.topic else _ORIGINS)]


def _read(topics: Sequence[str]) -> Fold:
    try:
        with open_box(_kafka()) as box:
            return box.read(box.spots(topics))
    except LettersError as error:
        _end(str(error))


def _kafka() -> KafkaSettings:
    return cluster_or_exit(settings_or_exit()).kafka


def _tell_strangers(count: int) -> None:
    if count:
        click.echo(
            f"{count} record(s) in the dead-letter topics are no letters: somebody else wrote them",
            err=True,
        )


def _end(message: str) -> NoReturn:
    click.echo(f"productops: {message}", err=True)
    sys.exit(EXIT_FAILED)
