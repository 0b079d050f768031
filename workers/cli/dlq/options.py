"""What ``productops dlq`` can be told: which letters, how many, in which form."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import click
from pydantic import TypeAdapter, ValidationError

from schemas.platform import ErrorClass
from workers.config.fields import Since
from workers.letters.choice import ORIGINS, LetterFilter

__all__ = [
    "check_chosen",
    "dry_option",
    "filter_of",
    "filters",
    "json_option",
    "moment",
    "oldest",
]

_SINCE: TypeAdapter[datetime | timedelta] = TypeAdapter(Since)


def moment(ctx: click.Context, param: click.Parameter, value: str | None) -> datetime | None:
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
    if origin is not None and origin not in ORIGINS:
        known = ", ".join(ORIGINS)
        raise click.BadParameter(f"{value!r} has no dead letters; topics that have: {known}")
    return origin


def _bytes(ctx: click.Context, param: click.Parameter, value: str | None) -> bytes | None:
    """Bytes in hexadecimal; spaces between them are allowed, and no digits are no bytes."""
    del ctx, param
    if value is None:
        return None
    try:
        return bytes.fromhex(value)
    except ValueError:
        raise click.BadParameter(
            f"{value!r} is not hexadecimal: write two digits a byte, such as 00ff41"
        ) from None


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
    click.option("--since", callback=moment, help="Last failed then or later: a time, or 24h."),
    click.option("--until", callback=moment, help="Last failed before then: a time, or 24h."),
    click.option("--key", help="Key of the dead record, as text."),
    click.option(
        "--key-hex",
        callback=_bytes,
        help="Key of the dead record in hexadecimal, as show gives one that is not text.",
    ),
    click.option("--source", help="Name of the source, for a connector's record."),
    click.option("--id", "id_prefix", default="", help="The id begins so."),
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="One JSON object on standard output."
)
dry_option = click.option("--dry-run", is_flag=True, help="Say what would be done; write nothing.")
oldest = click.option(
    "--limit", type=click.IntRange(min=1), help="At most so many, the oldest first."
)


def filters(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options that narrow; ``filter_of`` takes what they gave."""
    for option in reversed(_FILTERS):
        command = option(command)
    return command


def filter_of(given: dict[str, Any], *, settled_too: bool = False) -> LetterFilter:
    """The filter behind the options that ``filters`` adds."""
    error, text, key = given.pop("error_class"), given.pop("key"), given.pop("key_hex")
    if text is not None and key is not None:
        raise click.UsageError("give --key or --key-hex, not both")
    return LetterFilter(
        error_class=ErrorClass(error) if error else None,
        key=key if text is None else text.encode(),
        settled_too=settled_too,
        **given,
    )


def check_chosen(ids: tuple[str, ...], chosen: LetterFilter) -> LetterFilter:
    """The filter, unless nothing or too much is given."""
    if ids and chosen.narrows:
        raise click.UsageError("give ids or filters, not both")
    if not ids and not chosen.narrows:
        raise click.UsageError(
            "name letters, or narrow them by a filter such as --topic or --since"
        )
    return chosen
