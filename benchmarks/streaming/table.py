"""Tables in Markdown."""

from collections.abc import Sequence

__all__ = ["table"]


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table; a head that begins with ``>`` has its column at the right."""
    names = [head.removeprefix(">") for head in heads]
    rules = ["---:" if head.startswith(">") else "---" for head in heads]
    lines = [f"| {' | '.join(names)} |", f"|{'|'.join(rules)}|"]
    lines += [f"| {' | '.join(map(str, row))} |" for row in rows]
    return "\n".join(lines)
