"""Why nothing can be written, in words that name the setting and the remedy."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workers.streaming.access.dates import refused_date
from workers.streaming.access.errors import AccessError, ClusterError
from workers.streaming.access.knock import knock
from workers.streaming.access.reasons import in_words, refused_right

__all__ = ["Trouble", "trouble"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """One reason."""

    reason: str
    kind: str
    """The same as long as it is the same trouble, whatever moment stands in the reason."""
    refused: bool
    """Whether a person is needed: waiting alone does not help."""


async def trouble(error: Exception, client: Mapping[str, Any], now: datetime) -> Trouble:
    """What an error means; asks the cluster itself where the error does not say."""
    date = refused_date(error, now)
    if date is not None:
        return Trouble(date, "date", refused=True)
    right = refused_right(error)
    if right is not None:
        return Trouble(right, right, refused=True)
    try:
        await knock(client)
    except ClusterError as refusal:
        return Trouble(str(refusal), str(refusal), refused=isinstance(refusal, AccessError))
    words = in_words(error)
    return Trouble(words, words, refused=False)
