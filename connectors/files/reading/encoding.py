"""How a file's bytes spell text."""

import codecs
from dataclasses import dataclass

__all__ = ["HEAD", "Encoding", "detect"]

HEAD = 1_048_576
"""Bytes looked at to find the encoding."""
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_FAMILIES = {"utf-16": "utf-16-le", "utf-32": "utf-32-le", "utf-8-sig": "utf-8"}
"""Names that mean "see the mark"; without one, as Windows writes it."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """A codec, and what a line end looks like under it."""

    name: str
    start: int
    """Bytes of the byte order mark."""

    @property
    def newline(self) -> bytes:
        """A line feed."""
        return "\n".encode(self.name)


def detect(head: bytes, wanted: str = "auto") -> Encoding:
    """The encoding of a file that begins with ``head``.

    A byte order mark decides where it agrees with ``wanted``. Without one, ``auto`` means
    UTF-8 if more lines with special characters are UTF-8 than are not (so that a few damaged
    lines do not turn a whole file into gibberish), else Windows-1252.
    """
    marked = next((pair for pair in _MARKS if head.startswith(pair[0])), None)
    if marked and (
        wanted == "auto"
        or _FAMILIES.get(wanted, wanted) == marked[1]
        or wanted in {"utf-16", "utf-32"}
    ):
        return Encoding(marked[1], len(marked[0]))
    if wanted != "auto":
        return Encoding(_FAMILIES.get(wanted, wanted), 0)
    return Encoding(_guess(head), 0)


def _guess(head: bytes) -> str:
    sample = head[:4096]
    if sample.count(0) * 3 > len(sample):
        # text in a Latin script has every second byte 0 under UTF-16
        return "utf-16-le" if sample[1::2].count(0) > sample[0::2].count(0) else "utf-16-be"
    good = bad = 0
    lines = head.split(b"\n")
    for line in lines[:-1] if len(lines) > 1 and len(head) >= HEAD else lines:
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            bad += 1
        else:
            good += 1
    return "cp1252" if bad > good else "utf-8"
