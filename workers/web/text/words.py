"""Codes of the events in words that a reader knows."""

from schemas.platform import ErrorClass
from workers.archive.queries import InboxRow, ItemSeen, ScoreSeen
from workers.web.text.visible import visible

__all__ = [
    "ADVICE",
    "ERROR_CLASSES",
    "OUTCOMES",
    "TONES",
    "because",
    "conditions",
    "heading",
    "initials",
    "language",
    "number",
    "part_name",
    "route",
    "score",
    "size",
    "vendor",
    "words",
]

OUTCOMES = {
    "delivered": "Delivered",
    "failed": "Failed for good",
    "expired": "Expired",
    "pending": "Under way",
}
TONES = {"delivered": "good", "failed": "bad", "expired": "warn", "pending": "idle"}
"""How a message that ended so is shown."""

ERROR_CLASSES = {
    ErrorClass.DECODE.value: "Not an event of its topic",
    ErrorClass.PROCESS.value: "Could not be handled",
    ErrorClass.MAPPING.value: "Could not be translated",
    ErrorClass.OVERSIZED.value: "Too large",
}
ADVICE = {
    ErrorClass.DECODE.value: (
        "Whoever wrote this record to the topic wrote something else than its schema allows. "
        "Find the writer; the record itself can only be dropped."
    ),
    ErrorClass.PROCESS.value: (
        "The worker raised an error on this record, again when it was tried alone. That is a "
        "fault of the worker: report it with the message above."
    ),
    ErrorClass.MAPPING.value: (
        "The tool sent a record that the connector could not translate. Correct it in the tool "
        "or in the file, and it is read again with its next change."
    ),
    ErrorClass.OVERSIZED.value: (
        "The record, or what it gave rise to, is larger than a topic takes (1 MiB)."
    ),
}
_PARTS = {"opening": "Opening", "comment": "Comment", "rating": "Rating"}
_LANGUAGES = {
    "ar": "Arabic", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek",
    "en": "English", "es": "Spanish", "fa": "Persian", "fi": "Finnish", "fr": "French",
    "he": "Hebrew", "hi": "Hindi", "hu": "Hungarian", "id": "Indonesian", "it": "Italian",
    "ja": "Japanese", "ko": "Korean", "nl": "Dutch", "no": "Norwegian", "pl": "Polish",
    "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sv": "Swedish", "th": "Thai",
    "tr": "Turkish", "uk": "Ukrainian", "und": "Unknown", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip
_VENDORS = {"files": "File", "zendesk": "Zendesk"}
_KIB = 1_024
_HEADING = 110
_MIDDLE = 0.5
_DEFAULT = "default: "
"""How the reason begins where no route's conditions held; they begin with a field's name."""


def words(code: str) -> str:
    """``feature_request`` as ``Feature request``."""
    spaced = code.replace("_", " ")
    return spaced[:1].upper() + spaced[1:]


def vendor(code: str) -> str:
    """A tool's name."""
    return _VENDORS.get(code, words(code))


def language(code: str) -> str:
    """A language's English name, or its code."""
    return _LANGUAGES.get(code, code)


def part_name(code: str) -> str:
    """A part of an item."""
    return _PARTS.get(code, words(code))


def number(value: float) -> str:
    """Without a fraction where there is none."""
    return f"{value:g}"


def score(value: ScoreSeen) -> str:
    """``Score 2 of 10``, or ``Rated bad`` where there are only two answers."""
    if value.scale.endswith("good_bad"):
        return "Rated good" if value.normalised > _MIDDLE else "Rated bad"
    return f"Score {number(value.raw)} of {number(max(value.low, value.high))}"


def size(count: int) -> str:
    """Bytes in their largest unit."""
    if count < _KIB:
        return f"{count} B"
    return f"{count / _KIB:.0f} KiB" if count < _KIB**2 else f"{count / _KIB**2:.1f} MiB"


def initials(name: str) -> str:
    """At most two letters for a name."""
    pieces = [piece for piece in name.replace("-", " ").split() if piece[0].isalnum()]
    letters = [pieces[0][0], pieces[-1][0]] if len(pieces) > 1 else [name[:2]]
    return "".join(letters).upper()


def heading(item: InboxRow | ItemSeen) -> str:
    """What an item is called: its subject, else the beginning of its text, score or id."""
    subject = visible(item.subject).strip()
    if subject:
        return subject
    text = " ".join(visible(item.text[: _HEADING * 4]).split())
    if not text:
        return f"{score(item.score)}, without words" if item.score else item.item_id
    if len(text) <= _HEADING:
        return text
    cut = text.rfind(" ", _HEADING // 2, _HEADING)
    return text[: cut if cut > 0 else _HEADING] + " …"


def because(reason: str) -> str:
    """A route's reason as it follows the word ``because``."""
    return reason.removeprefix(_DEFAULT)


def route(path: str) -> str:
    """A route by its name or path; the root of the tree is the default."""
    return "default route" if path == "route" else f"route {path}"


def conditions(reason: str) -> tuple[str, ...]:
    """The conditions of a route that a reason joins with ``and``."""
    pieces: list[str] = []
    quoted = ""
    for piece in because(reason).split(" and "):
        quoted = f"{quoted} and {piece}" if quoted else piece
        # an "and" between quotation marks belongs to a condition
        if quoted.count('"') % 2 == 0:
            pieces.append(quoted)
            quoted = ""
    return tuple([*pieces, quoted] if quoted else pieces)
