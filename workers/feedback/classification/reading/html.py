"""HTML to plain text, for reading only: what it yields is never put into a page as markup.

A scanner rather than a parser: it is linear in the length of the text whatever stands in it,
and takes only known tags for tags, so that ``List<String>`` and ``a < b`` stay as they are.
"""

import html
import re

__all__ = ["strip_html"]

_BLOCKS = (
    "p|br|div|li|ul|ol|tr|td|th|table|tbody|thead|h[1-6]|hr|blockquote|pre|section|article|header"
    "|footer|dd|dt|dl|html|body"
)
_INLINE = (
    "a|abbr|b|big|button|center|cite|code|del|em|font|form|i|iframe|img|input|ins|kbd|label|link"
    "|main|mark|meta|nav|object|option|q|s|samp|select|small|span|strike|strong|sub|summary|sup|svg"
    "|textarea|time|tt|u|var|video|audio|embed|details"
)
_HIDDEN = "script|style|title|head|template|noscript"
_TAG = re.compile(
    rf"<(?P<comment>!--)|<(?P<hidden>{_HIDDEN})\b[^<>]*>"
    rf"|</?(?P<block>{_BLOCKS})\b[^<>]*>|</?(?:{_INLINE}|{_HIDDEN})\b[^<>]*>|<!doctype[^<>]*>",
    re.IGNORECASE,
)


def strip_html(text: str) -> str:
    """The text without tags, scripts, styles and comments; character references resolved.

    Text without a tag comes back as it is, character references included.
    """
    if "<" not in text or not _TAG.search(text):
        return text
    out: list[str] = []
    at = 0
    while found := _TAG.search(text, at):
        out.append(text[at : found.start()])
        at = found.end()
        if found["comment"]:
            at = _after(text, "-->", at)
        elif found["hidden"]:
            at = _after_closing(text, found["hidden"], at)
        elif found["block"]:
            out.append("\n")
    out.append(text[at:])
    return html.unescape("".join(out))


def _after(text: str, end: str, at: int) -> int:
    """Behind ``end``; at the end of the text where it is missing, as a browser would."""
    found = text.find(end, at)
    return len(text) if found < 0 else found + len(end)


def _after_closing(text: str, name: str, at: int) -> int:
    closing = re.compile(rf"</{name}\s*>", re.IGNORECASE).search(text, at)
    return closing.end() if closing else len(text)
