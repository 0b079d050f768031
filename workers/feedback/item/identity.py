"""Which events an item has seen.

Invariant 3: what the world repeats changes no count. An identity is ``source`` and ``id`` of an
event, kept for ``HORIZON_DAYS`` days of stream time after it came, and at most ``MAX_SEEN`` of
an item. A repeat after that finds the same or a newer version of its part and changes nothing
either; it counts as late instead of repeated.

Every row holds some, so they are packed: twelve bytes each, the digest and the day.
"""

import struct
from collections.abc import Iterable, Sequence
from hashlib import blake2b

__all__ = [
    "DAY_MS",
    "HORIZON_DAYS",
    "MAX_SEEN",
    "NOTHING_SEEN",
    "day_of",
    "digest",
    "has_seen",
    "packed",
    "remembered",
    "unpacked",
]

DAY_MS = 86_400_000
HORIZON_DAYS = 90
MAX_SEEN = 256
NOTHING_SEEN = b""

_DIGEST_BYTES = 8
_LAST_DAY = 2**32 - 1
_ENTRY = struct.Struct(f">{_DIGEST_BYTES}sI")


def digest(text: str) -> str:
    """64 bits of a hash, in hexadecimal: enough to tell an item's events apart."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).hexdigest()


def day_of(now: int) -> int:
    """Days since the epoch of a time in milliseconds."""
    return now // DAY_MS


def has_seen(seen: bytes, identity: str) -> bool:
    """Whether the digest ``identity`` is one of those packed in ``seen``."""
    one = bytes.fromhex(identity)
    at = seen.find(one)
    while at > 0 and at % _ENTRY.size:  # across two entries: no digest
        at = seen.find(one, at + 1)
    return at >= 0


def remembered(seen: bytes, new: str, today: int) -> bytes:
    """``seen`` with one more, without what is past the horizon or too many."""
    kept = seen
    oldest = today - HORIZON_DAYS
    if any(day < oldest for _, day in _ENTRY.iter_unpack(seen)):
        kept = b"".join(
            _ENTRY.pack(one, day) for one, day in _ENTRY.iter_unpack(seen) if day >= oldest
        )
    return (kept + _ENTRY.pack(bytes.fromhex(new), today))[-MAX_SEEN * _ENTRY.size :]


def packed(pairs: Iterable[tuple[str, int]]) -> bytes:
    """Digests with the day they came; raises ``ValueError`` for what is none."""
    seen = b""
    for one, day in pairs:
        raw = bytes.fromhex(one)
        if len(raw) != _DIGEST_BYTES or not 0 <= day <= _LAST_DAY:
            raise ValueError("not a digest with its day")
        seen += _ENTRY.pack(raw, day)
    return seen


def unpacked(seen: bytes) -> Sequence[tuple[str, int]]:
    """What was packed."""
    return [(one.hex(), day) for one, day in _ENTRY.iter_unpack(seen)]
