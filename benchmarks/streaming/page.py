"""docs/performance.md: sections between markers, one a part of the session."""

from collections.abc import Mapping
from pathlib import Path

__all__ = ["write_sections"]


def write_sections(page: Path, sections: Mapping[str, str]) -> None:
    """Put each section between its markers, and leave everything else as it is.

    Raises ``ValueError`` where the page has no such markers.
    """
    text = page.read_text(encoding="utf-8")
    for name, content in sections.items():
        begin, end = f"<!-- streaming {name}: begin -->", f"<!-- streaming {name}: end -->"
        head, found, rest = text.partition(begin)
        _, closed, tail = rest.partition(end)
        if not (found and closed):
            raise ValueError(f"{page} has no section between {begin} and {end}")
        text = f"{head}{begin}\n{content}\n{end}{tail}"
    page.write_text(text, encoding="utf-8")
