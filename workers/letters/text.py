"""Bytes for a terminal: nothing in them can move the cursor or hide. Pure."""

import unicodedata

__all__ = ["as_text", "escaped", "hexadecimal"]

_WIDTH = 16
_PRINTABLE = range(0x20, 0x7F)
_KEPT = {"\n", "\t"}
_UNSEEN = {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}
"""Control, format, private, surrogate and unassigned characters, line and paragraph ends."""


def escaped(text: str, *, lines: bool = False) -> str:
    """The text with everything unseen as its escape; ``lines`` keeps line ends and tabs."""
    kept = _KEPT if lines else frozenset[str]()
    return "".join(_shown(one) if one not in kept else one for one in text)


def _shown(one: str) -> str:
    if unicodedata.category(one) in _UNSEEN:
        return one.encode("unicode_escape", "surrogatepass").decode("ascii")
    return one


def as_text(raw: bytes) -> str | None:
    """The bytes as text, escaped; ``None`` when they are not UTF-8 or hold a zero byte."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return None
    return None if "\x00" in text else escaped(text, lines=True)


def hexadecimal(raw: bytes) -> str:
    """A hex dump: offset, bytes, letters."""
    rows = []
    for offset in range(0, len(raw), _WIDTH):
        row = raw[offset : offset + _WIDTH]
        codes = " ".join(f"{byte:02x}" for byte in row)
        letters = "".join(chr(byte) if byte in _PRINTABLE else "." for byte in row)
        rows.append(f"{offset:08x}  {codes:<{_WIDTH * 3 - 1}}  {letters}")
    return "\n".join(rows)
