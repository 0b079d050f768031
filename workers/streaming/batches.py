"""Work cut into pieces that fit one transaction."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

__all__ = ["batches"]


class _Sized(Protocol):
    @property
    def size(self) -> int:
        """Bytes, about."""
        ...


T = TypeVar("T", bound=_Sized)


def batches(items: Iterable[T], *, most: int, most_bytes: int) -> Iterator[Sequence[T]]:
    """The items in their order, at most so many and about so many bytes at once.

    One that is larger by itself goes alone.
    """
    batch: list[T] = []
    size = 0
    for item in items:
        if batch and (len(batch) >= most or size + item.size > most_bytes):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += item.size
    if batch:
        yield batch
