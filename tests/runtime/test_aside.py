"""Blocking work beside the loop: its result is awaited, its end is not."""

import asyncio
import threading

import pytest

from workers.runtime.entry.aside import in_daemon_thread


def test_what_the_work_raises_is_raised() -> None:
    """And nothing, where it raises nothing."""
    done: list[str] = []

    def fail() -> None:
        raise ArithmeticError("the sums do not add up")

    asyncio.run(in_daemon_thread(lambda: done.append("work")))
    assert done == ["work"]
    with pytest.raises(ArithmeticError, match="do not add up"):
        asyncio.run(in_daemon_thread(fail))


def test_a_loop_ends_while_the_work_goes_on() -> None:
    """Work that was given up neither delays the end nor fails for coming late."""
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()
    threads: list[threading.Thread] = []

    def work() -> None:
        threads.append(threading.current_thread())
        begun.set()
        go_on.wait()
        ended.set()

    async def give_up() -> None:
        working = asyncio.create_task(in_daemon_thread(work))
        while not begun.is_set():  # noqa: ASYNC110 - the thread knows no event of the loop's
            await asyncio.sleep(0.01)
        working.cancel()

    asyncio.run(give_up())
    assert not ended.is_set()
    go_on.set()
    (thread,) = threads
    thread.join(10)
    assert ended.is_set()
    assert thread.daemon
