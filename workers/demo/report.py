"""The report of a finished demo: JSON for scripts, a few lines for people."""

import json
from pathlib import Path

from workers.demo.verdict import Report

__all__ = ["describe", "write"]


def write(report: Report, file: Path) -> None:
    """Write the report as JSON."""
    file.write_text(json.dumps(report.as_dict(), indent=2) + "\n", encoding="utf-8")


def describe(report: Report) -> str:
    """The report in words, what is missing first."""
    lines = [f"missing    {text}" for text in report.missing]
    received = ", ".join(f"{source} {count}" for source, count in report.received.items())
    routed = ", ".join(f"{team} {count}" for team, count in report.routed.items())
    lines += [
        f"received   {received} (repeats dropped: {report.duplicates_dropped})",
        f"classified {report.classified}",
        f"routed     {routed}",
        f"notified   {report.notified}",
        f"dead       {report.dead_letters}",
        f"{'ok' if report.ok else 'NOT OK':<11}after {report.seconds:.0f} s",
    ]
    return "\n".join(lines)
