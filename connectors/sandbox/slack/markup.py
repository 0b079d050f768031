"""Slack's ``mrkdwn`` as HTML that is safe to show.

Slack's own rule is the starting point: ``&``, ``<`` and ``>`` arrive escaped, and whatever
stands between raw angle brackets is a link or a mention. Everything is escaped anew here.
"""

import html
import re
from collections.abc import Mapping

from markupsafe import Markup

__all__ = ["mrkdwn"]

_BRACKETS = re.compile(r"<([^<>\n]*)>")
_STYLES = (
    (re.compile(r"(?<![\w*])\*([^*\n]+)\*(?![\w*])"), r"<strong>\1</strong>"),
    (re.compile(r"(?<![\w_])_([^_\n]+)_(?![\w_])"), r"<em>\1</em>"),
    (re.compile(r"`([^`\n]+)`"), r"<code>\1</code>"),
)


def mrkdwn(text: str, users: Mapping[str, str]) -> Markup:
    """The text as HTML. ``users`` are names by member id."""
    pieces: list[str] = []
    end = 0
    for found in _BRACKETS.finditer(text):
        pieces.extend((_plain(text[end : found.start()]), _bracketed(found[1], users)))
        end = found.end()
    pieces.append(_plain(text[end:]))
    lines = "".join(pieces).split("\n")
    return Markup("\n".join(_line(line) for line in lines))  # noqa: S704 - escaped piece by piece


def _line(line: str) -> str:
    quoted = line.removeprefix("&gt;")
    return f"<q>{quoted.strip()}</q>" if quoted != line else f"{line}<br>"


def _plain(text: str) -> str:
    for escaped, char in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        text = text.replace(escaped, char)
    safe = html.escape(text)
    for pattern, replacement in _STYLES:
        safe = pattern.sub(replacement, safe)
    return safe


def _bracketed(inside: str, users: Mapping[str, str]) -> str:
    target, _, label = inside.partition("|")
    if target.startswith("@"):
        name = users.get(target[1:], label or target[1:])
        return f'<span class="mention">@{html.escape(name)}</span>'
    if target.startswith(("#", "!")):
        return f'<span class="mention">{html.escape(label or target)}</span>'
    if target.startswith(("http://", "https://", "mailto:")):
        url = html.escape(html.unescape(target))
        shown = html.escape(html.unescape(label or target))
        return f'<a href="{url}" rel="noreferrer noopener">{shown}</a>'
    return html.escape(f"<{inside}>")
