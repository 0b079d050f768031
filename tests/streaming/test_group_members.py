"""Whether a role runs is known from a coordinator that knows the group, and from no other."""

from collections.abc import Sequence

import pytest
from aiokafka.errors import GroupAuthorizationFailedError, NotCoordinatorForGroupError

from workers.streaming.rebuilding.unused import InUseError, members

LOADING, NOT_AVAILABLE, MOVED, REFUSED, NO_SUCH_GROUP = 14, 15, 16, 30, 69


class Coordinator:
    """Answers one after the other; an error is raised."""

    def __init__(self, answers: Sequence[tuple[int, int] | Exception]) -> None:
        self._answers = list(answers)

    async def __call__(self, group: str) -> tuple[int, int]:
        """The next answer; the last one again and again."""
        del group
        answer = self._answers[0] if len(self._answers) == 1 else self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


async def asked(*answers: tuple[int, int] | Exception) -> int:
    """Members as found with at most five questions."""
    return await members("group", Coordinator(answers), tries=5, pause=0.0)


@pytest.mark.parametrize("code", [LOADING, NOT_AVAILABLE, MOVED])
async def test_a_coordinator_that_is_loading_is_asked_again(code: int) -> None:
    """Its empty list of members says nothing."""
    assert await asked((code, 0), (code, 0), (0, 3)) == 3


async def test_a_coordinator_that_is_sought_is_waited_for() -> None:
    """Looking it up may fail meanwhile."""
    assert await asked(NotCoordinatorForGroupError(), (0, 1)) == 1


@pytest.mark.parametrize("code", [0, NO_SUCH_GROUP])
async def test_a_group_without_members_is_unused(code: int) -> None:
    """One that does not exist, too."""
    assert await asked((code, 0)) == 0


async def test_a_coordinator_that_does_not_come_refuses() -> None:
    """Then nobody can tell; the message says after how many questions, and what to look at."""
    with pytest.raises(InUseError, match=r"after 5 questions .* whether all brokers run"):
        await asked((LOADING, 0))


async def test_a_missing_right_is_told_at_once() -> None:
    """As what it is."""
    with pytest.raises(GroupAuthorizationFailedError):
        await asked((REFUSED, 0), (0, 0))
