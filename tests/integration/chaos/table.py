"""The table of faults in docs/reliability.md, between two markers."""

from collections.abc import Mapping
from pathlib import Path

from tests.integration.chaos.job import Verdict

__all__ = ["BEGIN", "COMMAND", "END", "table", "write"]

BEGIN = "<!-- written by the chaos suite: begin -->"
END = "<!-- written by the chaos suite: end -->"
COMMAND = "python -m pytest tests/integration/chaos --chaos=full"


def table(verdicts: Mapping[str, Verdict]) -> str:
    """The rows in the order in which they are given."""
    lines = [
        f"Written by `{COMMAND}` (or `make chaos`).",
        "",
        "| fault | events | lost | doubled | seconds to recover | workers that gave up |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    lines += [
        f"| {name} | {one.events:,} | {one.lost} | {one.doubled} | {one.seconds:.0f} "
        f"| {one.deaths} |"
        for name, one in verdicts.items()
    ]
    return "\n".join(lines)


def write(page: Path, verdicts: Mapping[str, Verdict]) -> None:
    """Put the table in place of the former one; raises ``ValueError`` without the markers."""
    text = page.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    _, found, tail = rest.partition(END)
    if not found:
        raise ValueError(f"{page} has no place for the table: {BEGIN} and {END}")
    page.write_text(f"{head}{BEGIN}\n{table(verdicts)}\n{END}{tail}", encoding="utf-8")
