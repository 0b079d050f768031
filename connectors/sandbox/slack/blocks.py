"""What Slack's blocks may hold. Source: Slack's Block Kit reference."""

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["problem_with"]

_BLOCKS = 50
_HEADER = 150
_SECTION = 3_000
_FIELD = 2_000
_FIELDS = 10
_ELEMENTS = {"context": 10, "actions": 25}
_TYPES = frozenset({"header", "section", "context", "divider", "actions", "rich_text", "image"})


def problem_with(blocks: Any) -> str | None:
    """The error Slack answers for these blocks, or ``None`` where they are well."""
    if not isinstance(blocks, Sequence) or isinstance(blocks, str):
        return "invalid_blocks_format"
    if len(blocks) > _BLOCKS or not all(_well(block) for block in blocks):
        return "invalid_blocks"
    return None


def _well(block: Any) -> bool:
    if not isinstance(block, Mapping) or block.get("type") not in _TYPES:
        return False
    kind = block["type"]
    if kind == "header":
        return _text(block.get("text"), _HEADER, plain=True)
    if kind == "section":
        fields = block.get("fields", [])
        return (
            bool("text" in block or fields)
            and ("text" not in block or _text(block["text"], _SECTION))
            and len(fields) <= _FIELDS
            and all(_text(each, _FIELD) for each in fields)
        )
    if kind in _ELEMENTS:
        return 0 < len(block.get("elements", [])) <= _ELEMENTS[kind]
    return True


def _text(raw: Any, most: int, *, plain: bool = False) -> bool:
    if not isinstance(raw, Mapping) or not isinstance(raw.get("text"), str):
        return False
    kinds = {"plain_text"} if plain else {"plain_text", "mrkdwn"}
    return raw.get("type") in kinds and 0 < len(raw["text"]) <= most
