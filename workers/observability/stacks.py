"""Where a process stands: every thread, and every task of its event loop.

A coroutine that waits is on no thread's stack, so the stacks of threads alone show a loop in its
``select`` and not who hangs. Files, lines and code are told, never values.
"""

import asyncio
import gc
import sys
import threading
import traceback
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from types import AsyncGeneratorType, CoroutineType, FrameType, GeneratorType
from typing import Any

__all__ = ["stacks"]

_TRIES = 5
_NAMES = 5
"""So many of the tasks that stand at one place are named, the others counted."""
_MOST_LINKS = 100
_LINKS: Mapping[type, tuple[str, str]] = {
    CoroutineType: ("cr_frame", "cr_await"),
    GeneratorType: ("gi_frame", "gi_yieldfrom"),
    AsyncGeneratorType: ("ag_frame", "ag_await"),
}
"""What has a frame, and where it keeps what it waits for."""


def stacks(loop: asyncio.AbstractEventLoop | None = None) -> str:
    """Where every thread stands, and every task of ``loop``; callable from any thread."""
    return "\n".join([*_threads(), *([] if loop is None else _tasks(loop))])


def _threads() -> Iterator[str]:
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    for ident, frame in sys._current_frames().items():  # noqa: SLF001 - the documented way
        stack = reversed([*traceback.walk_stack(frame)])
        yield f"thread {names.get(ident, ident)}\n{''.join(_lines(stack))}"


def _tasks(loop: asyncio.AbstractEventLoop) -> Iterator[str]:
    """Tasks that stand at one place are told together: there may be hundreds."""
    places = defaultdict[str, list[str]](list)
    tasks = _unfinished(loop)
    if tasks is None:
        yield "tasks: not to be had, they change too fast\n"
        return
    for task in tasks:
        places[_place(task)].append(task.get_name())
    for place, names in sorted(places.items(), key=lambda found: min(found[1])):
        more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
        yield f"task {', '.join(sorted(names)[:_NAMES])}{more}\n{place}"


def _unfinished(loop: asyncio.AbstractEventLoop) -> set[asyncio.Task[Any]] | None:
    """The loop may go on while we look, and its set of tasks with it."""
    for _ in range(_TRIES):
        try:
            return asyncio.all_tasks(loop)
        except RuntimeError:
            continue
    return None


def _place(task: asyncio.Task[Any]) -> str:
    """The coroutines that wait for each other, the outermost first."""
    frames: list[tuple[FrameType, int]] = []
    found: object = task.get_coro()
    for _ in range(_MOST_LINKS):
        if type(found) not in _LINKS:
            found = _behind(found)
        if type(found) not in _LINKS:
            break
        has_frame, has_awaited = _LINKS[type(found)]
        frame = getattr(found, has_frame)
        if frame is not None:
            frames.append((frame, frame.f_lineno))
        found = getattr(found, has_awaited)
    lines = _lines(frames)
    if isinstance(found, asyncio.Task):
        lines.append(f"  waits for task {found.get_name()}\n")
    return "".join(lines)


def _lines(stack: Iterable[tuple[FrameType, int]]) -> list[str]:
    """As ``traceback`` shows them; it asks the disk anew for each file, where a busy loop gets in.

    Each such question lets go of the interpreter, and a thread that never does so itself keeps it
    for 5 ms then: a dump of deep stacks took longer than half a second.
    """
    return traceback.StackSummary.from_list(
        [
            traceback.FrameSummary(
                frame.f_code.co_filename, line, frame.f_code.co_name, lookup_line=False
            )
            for frame, line in stack
        ]
    ).format()


def _behind(link: object) -> object:
    """What an object without a frame stands for: the generator of an ``async for``, a task."""
    wanted = (*_LINKS, asyncio.Task)
    return next((one for one in gc.get_referents(link) if isinstance(one, wanted)), None)
