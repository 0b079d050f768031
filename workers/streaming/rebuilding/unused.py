"""Whether nobody uses a role: what its commands ask before they change anything beneath it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    NodeNotReadyError,
    NotCoordinatorForGroupError,
    for_code,
)

from workers.streaming.engine.role import Role

__all__ = ["Ask", "InUseError", "asking", "check_unused", "members"]

_TRIES = 60
_PAUSE_SECONDS = 0.5
_NO_SUCH_GROUP = 69
_LOADING = (
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    NodeNotReadyError,
    NotCoordinatorForGroupError,
)

Ask = Callable[[str], Awaitable[tuple[int, int]]]
"""Asks a group's coordinator for the group's error code and the number of its members."""


class InUseError(Exception):
    """The role is running, or nobody can tell that it is not: nothing may change beneath it."""


async def check_unused(role: Role, settings: Mapping[str, Any]) -> None:
    """Return where the role's group has no members; raises ``InUseError``, ``KafkaError``."""
    found = await members(role.group, asking(settings))
    if found:
        raise InUseError(
            f"role {role.name} is running ({found} in group {role.group}): stop it everywhere "
            "first. One that was killed is forgotten within seconds"
        )


async def members(
    group: str, ask: Ask, *, tries: int = _TRIES, pause: float = _PAUSE_SECONDS
) -> int:
    """How many members a group has, 0 for one that does not exist.

    A coordinator that is loading the group, or has moved, knows of no members: it is asked again,
    so often and after so many seconds. Raises ``InUseError`` where it does not come to know, and
    ``KafkaError`` for a refusal.
    """
    why = ""
    for attempt in range(tries):
        if attempt:
            await asyncio.sleep(pause)
        try:
            code, found = await ask(group)
            if code in {0, _NO_SUCH_GROUP}:
                return found
            raise for_code(code)(group)
        except _LOADING as error:
            why = type(error).__name__
    raise InUseError(
        f"nobody can tell whether group {group} has members: after {tries} questions its "
        f"coordinator is still not at hand ({why}). See whether all brokers run, then try again"
    )


def asking(settings: Mapping[str, Any]) -> Ask:
    """Asks the cluster of these settings; looks the coordinator up anew each time."""

    async def ask(group: str) -> tuple[int, int]:
        admin = AIOKafkaAdminClient(**settings)
        try:
            await admin.start()
            answers = await admin.describe_consumer_groups([group])
        finally:
            await admin.close()
        described = [one for answer in answers for one in answer.groups]
        return described[0][0], len(described[0][5])

    return ask
