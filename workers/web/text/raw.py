"""Raw bytes for a person: as text where they are text, else as a hex dump."""

from dataclasses import dataclass

from workers.web.text.visible import visible

__all__ = ["RawView", "raw_view"]

_SHOWN = 16_384
"""Bytes shown; the whole record can be had from the command line."""
_WIDTH = 16
_PRINTABLE = range(0x20, 0x7F)


@dataclass(frozen=True, slots=True)
class RawView:
    """What to show: ``form`` is ``text``, ``hex`` or ``empty``."""

    form: str
    content: str
    size: int
    """Bytes in all."""
    shown: int
    """Bytes shown."""


def _as_text(raw: bytes, *, cut_short: bool) -> str | None:
    """The bytes as text, if they are; a character that our own cut broke is left out."""
    for cut in range(4 if cut_short else 1):
        try:
            text = raw[: len(raw) - cut].decode()
        except UnicodeDecodeError:
            continue
        return None if "\x00" in text else text
    return None


def _hex(raw: bytes) -> str:
    lines = []
    for offset in range(0, len(raw), _WIDTH):
        row = raw[offset : offset + _WIDTH]
        codes = " ".join(f"{byte:02x}" for byte in row)
        letters = "".join(chr(byte) if byte in _PRINTABLE else "." for byte in row)
        lines.append(f"{offset:08x}  {codes:<{_WIDTH * 3 - 1}}  {letters}")
    return "\n".join(lines)


def raw_view(raw: bytes) -> RawView:
    """A bounded view of the bytes."""
    if not raw:
        return RawView("empty", "", 0, 0)
    piece = raw[:_SHOWN]
    text = _as_text(piece, cut_short=len(raw) > _SHOWN)
    if text is not None:
        return RawView("text", visible(text), len(raw), len(piece))
    piece = raw[: _SHOWN // 4]
    return RawView("hex", _hex(piece), len(raw), len(piece))
