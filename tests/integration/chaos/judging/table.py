"""The table of faults in docs/reliability.md, between two markers."""

from collections.abc import Mapping
from pathlib import Path

from tests.integration.chaos.judging.verdict import NotRun, Outcomes, Verdict

__all__ = ["BEGIN", "COMMAND", "END", "failed", "table", "update"]

BEGIN = "<!-- written by the chaos suite: begin -->"
END = "<!-- written by the chaos suite: end -->"
COMMAND = "python -m pytest tests/integration/chaos --chaos=full"

_LONGEST_REASON = 100


def table(outcomes: Outcomes) -> str:
    """A row of each fault in the order in which they are given, whatever became of it."""
    lines = [
        f"Written by `{COMMAND}` (or `make chaos`).",
        "",
        "| fault | events | lost | doubled | kills | seconds to recover | workers that gave up |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    lines += [f"| {name} | {_cells(one)} |" for name, one in outcomes.items()]
    return "\n".join(lines)


def failed(outcomes: Mapping[str, Verdict | NotRun | BaseException]) -> list[str]:
    """Names of the faults that lost or doubled something, or went wrong themselves."""
    return [
        name
        for name, one in outcomes.items()
        if isinstance(one, BaseException) or (isinstance(one, Verdict) and one.wrong())
    ]


def update(page: Path, outcomes: Outcomes) -> str:
    """Put the table in place of the former one, unless a fault failed; says which of both.

    Raises ``ValueError`` without the markers.
    """
    bad = failed(outcomes)
    if bad:
        return f"{page.name} is left as it was, for these faults failed: {'; '.join(bad)}"
    text = page.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    _, found, tail = rest.partition(END)
    if not found:
        raise ValueError(f"{page} has no place for the table: {BEGIN} and {END}")
    page.write_text(f"{head}{BEGIN}\n{table(outcomes)}\n{END}{tail}", encoding="utf-8")
    return f"{page.name} has the new table"


def _cells(one: Verdict | NotRun | BaseException) -> str:
    if isinstance(one, NotRun):
        return _alone(f"not run here: {one.reason}")
    if isinstance(one, BaseException):
        return _alone(f"failed: {type(one).__name__}: {one}")
    if one.wrong():
        return _alone(f"failed: {', '.join(one.wrong())}")
    numbers = (one.lost, one.doubled, one.kills, f"{one.seconds:.0f}", one.deaths)
    return " | ".join([f"{one.events:,}", *map(str, numbers)])


def _alone(words: str) -> str:
    """One cell with words and five without."""
    line = " ".join(words.split()).replace("|", "/")
    short = line if len(line) <= _LONGEST_REASON else f"{line[:_LONGEST_REASON]} ..."
    return " | ".join([short, *[""] * 5])
