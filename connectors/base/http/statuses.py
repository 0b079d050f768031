"""What a status means and what to do about it, as data.

A vendor adds or replaces lines for its own habits.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

__all__ = ["STATUSES", "Action", "Reaction", "reaction_to"]


class Action(StrEnum):
    """What to do about an answer."""

    TAKE = "take"
    """Read its body."""
    RETRY = "retry"
    """Wait, then ask again."""
    STOP = "stop"
    """A person has to act."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """What to do about a status, and the words for it."""

    action: Action
    meaning: str
    """What happened: follows "the call to ... "."""
    remedy: str = ""
    """What a person does about it."""


def _stop(meaning: str, remedy: str) -> Reaction:
    return Reaction(Action.STOP, meaning, remedy)


def _retry(meaning: str) -> Reaction:
    return Reaction(Action.RETRY, meaning)


STATUSES: Mapping[int, Reaction] = MappingProxyType(
    {
        400: _stop(
            "was refused as malformed",
            "check the source's settings; if they are right, the vendor has changed its interface",
        ),
        401: _stop(
            "was refused: the credentials are not valid",
            "renew the token or key in the environment, then restart the source",
        ),
        402: _stop("was refused: the plan does not pay for it", "check the account's plan"),
        403: _stop(
            "was refused: these credentials may not read this",
            "give the user or token the permission that the documentation of this source names",
        ),
        404: _stop(
            "found nothing there",
            "check the address, and whether the account's plan has this feature",
        ),
        408: _retry("took the vendor too long"),
        409: _stop("was refused as a conflict", "look at the record in the vendor's own pages"),
        410: _stop("found that the vendor has removed this interface", "update this program"),
        421: _retry("reached the wrong server"),
        423: _retry("found the account locked for a moment"),
        425: _retry("came too early"),
        429: _retry("was one too many: the vendor limits calls"),
        501: _stop("found that the vendor does not have this interface", "check the address"),
    }
)

_OK = Reaction(Action.TAKE, "succeeded")
_REDIRECT = _stop(
    "was sent on to another address, which is not followed because credentials would go along",
    "put the present address of the account into the source's settings",
)
_REFUSED = _stop("was refused", "check the source's settings")
_FAULT = _retry("met a fault of the vendor")
_STRANGE = _retry("was answered with a status that is none")


def reaction_to(status: int, habits: Mapping[int, Reaction]) -> Reaction:
    """What to do about this status; a vendor's ``habits`` come first."""
    exact = habits.get(status) or STATUSES.get(status)
    if exact is not None:
        return exact
    by_hundred = {2: _OK, 3: _REDIRECT, 4: _REFUSED, 5: _FAULT}
    return by_hundred.get(status // 100, _STRANGE)
