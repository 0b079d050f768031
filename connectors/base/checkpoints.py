"""Rules of checkpoints.

1. A checkpoint holds everything that a pull needs to go on; a connector keeps nothing else.
2. It says where to go on *after* its page: what came before it is written.
3. A time in it never goes back, and is a time the vendor said, never one of our clock.
4. Where a vendor pages by time, a pull starts a little before its bookmark (the overlap): the
   vendor's index may be late, and the repeats have the same ids.
5. It is small (``LARGEST`` bytes) and of strings; what it cannot read it refuses, by name.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from connectors.base.contract import Checkpoint
from connectors.base.errors import ConfigurationError

__all__ = ["LARGEST", "epoch", "from_epoch", "read_epoch", "sized"]

LARGEST = 262_144
"""Bytes of a checkpoint; it is a record in a compacted topic."""


def epoch(moment: datetime) -> int:
    """Whole seconds since 1970."""
    return int(moment.timestamp())


def from_epoch(seconds: int) -> datetime:
    """The moment, in UTC."""
    return datetime.fromtimestamp(seconds, tz=UTC)


def read_epoch(checkpoint: Mapping[str, str], key: str, default: int) -> int:
    """Seconds since 1970 under ``key``; raises ``ConfigurationError`` for anything else."""
    value = checkpoint.get(key)
    if value is None:
        return default
    try:
        return int(value)
    except ValueError:
        raise ConfigurationError(
            f"the checkpoint's {key} is no number of seconds",
            remedy="start the source anew under another name; repeats are dropped",
        ) from None


def sized(checkpoint: Checkpoint) -> Checkpoint:
    """The checkpoint itself; raises ``ConfigurationError`` if it is too large to be written."""
    size = sum(len(key.encode()) + len(value.encode()) for key, value in checkpoint.items())
    if size > LARGEST:
        raise ConfigurationError(
            f"the checkpoint has {size} bytes, at most {LARGEST} are kept",
            remedy="split the source into several, each with fewer files or streams",
        )
    return checkpoint
