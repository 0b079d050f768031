"""What ``productops replay`` says: how it goes on standard error, what came of it on output."""

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import click

from workers.streaming.rebuilding.replay import Replayed

__all__ = ["Told", "tell", "tell_progress"]


@dataclass
class Told:
    """A replay so far."""

    role: str
    since: datetime
    of: int
    """Partitions of the role."""
    dry_run: bool
    partitions: list[Replayed] = field(default_factory=list)

    @property
    def differences(self) -> Counter[tuple[str, str, str]]:
        """Of all partitions."""
        return sum((one.differences for one in self.partitions), Counter())

    def total(self, name: str) -> int:
        """Sum of a number of all partitions."""
        return sum(getattr(one, name) for one in self.partitions)


def tell_progress(told: Told) -> None:
    """One line for the partition that is done."""
    one = told.partitions[-1]
    verb = "would change" if told.dry_run else "changed"
    click.echo(
        f"partition {one.partition} ({len(told.partitions)} of {told.of}): {one.records} records, "
        f"{one.rows} rows decided anew, {one.changed} {verb}",
        err=True,
    )


def tell(told: Told, *, as_json: bool) -> None:
    """The outcome."""
    if as_json:
        click.echo(json.dumps(_as_data(told)))
    else:
        _table(told)
    _remarks(told)


def _table(told: Told) -> None:
    will = "would be different" if told.dry_run else "different now"
    lines = [
        ("since", _moment(told.since)),
        ("records read", f"{told.total('records')}"),
        ("decided anew", f"{told.total('rows')}"),
        (will, f"{told.total('changed')}"),
    ]
    for name, value in lines:
        click.echo(f"{name:<20}{value}")
    for (what, before, after), count in _ranked(told.differences):
        change = f"{before} -> {after}" if before else f"-> {after}"
        click.echo(f"  {what:<12}{change:<40}{count:>8}")


def _remarks(told: Told) -> None:
    unreadable = told.total("unreadable")
    if unreadable:
        click.echo(
            f"{unreadable} record(s) could not be read or handled; they are dead letters already: "
            "productops dlq list",
            err=True,
        )
    begins = [one.begins for one in told.partitions if one.begins is not None]
    if begins:
        oldest = datetime.fromtimestamp(min(begins) / 1000, tz=UTC)
        click.echo(
            f"retention has removed records before {_moment(oldest)}: what stood there keeps what "
            "was decided then",
            err=True,
        )


def _as_data(told: Told) -> dict[str, Any]:
    partitions = []
    for one in told.partitions:
        fields = asdict(one)
        del fields["differences"]
        partitions.append(fields)
    return {
        "role": told.role,
        "since": told.since.isoformat(),
        "dry_run": told.dry_run,
        **{name: told.total(name) for name in ("records", "unreadable", "rows", "changed")},
        "differences": [
            {"what": what, "before": before or None, "after": after, "rows": count}
            for (what, before, after), count in _ranked(told.differences)
        ],
        "partitions": partitions,
    }


def _ranked(
    differences: Counter[tuple[str, str, str]],
) -> list[tuple[tuple[str, str, str], int]]:
    """By what has changed, the most frequent first."""
    return sorted(differences.items(), key=lambda one: (one[0][0], -one[1], one[0]))


def _moment(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
