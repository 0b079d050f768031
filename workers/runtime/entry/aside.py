"""Blocking work beside the event loop that holds up nobody's end."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress

__all__ = ["in_daemon_thread"]


async def in_daemon_thread(work: Callable[[], None]) -> None:
    """Do the work in a thread of its own; raises what it raises.

    Unlike with ``asyncio.to_thread``, a process whose loop ends does not wait for the thread: work
    that is given up must be harmless when it goes on for a while, or stops in the middle.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def finish(error: BaseException | None) -> None:
        if done.done():
            return
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - it is raised where the work is awaited
            outcome: BaseException | None = error
        else:
            outcome = None
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(finish, outcome)

    threading.Thread(target=run, name="aside", daemon=True).start()
    await done
