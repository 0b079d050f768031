"""The rights that a command of upkeep needs for one role: known before it begins."""

from schemas.topics import Topic
from workers.processor import Replayable
from workers.streaming.access import rights
from workers.streaming.access.rights import Right
from workers.streaming.engine.role import Role

__all__ = ["to_clear", "to_migrate", "to_move", "to_replay", "to_see_offsets", "to_see_state"]

Rights = frozenset[Right]


def to_see_state(role: Role) -> Rights:
    """Rows are read from the changelog."""
    return rights.of_reading(_state(role))


def to_see_offsets(role: Role) -> Rights:
    """The group and what the inputs hold are looked at."""
    return rights.of_reading(role.inputs) | rights.of_watching(role.group)


def to_move(role: Role, *, dry_run: bool) -> Rights:
    """Offsets are committed as by a member of the group."""
    return to_see_offsets(role) | (Rights() if dry_run else rights.of_group(role.group))


def to_migrate(role: Role, *, dry_run: bool) -> Rights:
    """Rows are read and written while the group has no members."""
    if dry_run:
        return to_see_state(role)
    return to_see_state(role) | rights.of_writing(_state(role)) | rights.of_watching(role.group)


def to_clear(role: Role, *, dry_run: bool) -> Rights:
    """Both of these."""
    return to_move(role, dry_run=dry_run) | to_migrate(role, dry_run=dry_run)


def to_replay(role: Role, *, dry_run: bool) -> Rights:
    """History, state and what was told are read; the latter two are written."""
    retold: tuple[Topic, ...] = ()
    if isinstance(role.processor, Replayable):
        retold = tuple(role.processor.retold)
    needed = to_see_offsets(role) | to_see_state(role) | rights.of_reading(retold)
    return needed if dry_run else needed | rights.of_writing((*retold, *_state(role)))


def _state(role: Role) -> tuple[Topic, ...]:
    changelog = role.processor.changelog
    return () if changelog is None else (changelog,)
