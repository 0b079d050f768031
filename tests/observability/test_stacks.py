"""Where a process stands: what the dump of threads and tasks tells, and what it does not."""

import asyncio
import threading
import types
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest

from workers.observability.stacks import stacks


async def waits(_customer: str = "") -> None:
    await asyncio.Event().wait()


async def yields_never() -> AsyncIterator[None]:
    await waits()
    yield


async def by_async_for() -> None:
    async for _ in yields_never():
        pass


@types.coroutine
def generator() -> Generator[None, None, None]:
    yield from waits().__await__()


async def by_generator() -> None:
    await generator()


class Waiter:
    def __await__(self) -> Generator[None, None, None]:
        return waits().__await__()


async def by_awaitable() -> None:
    await Waiter()


async def by_time_limit() -> None:
    await asyncio.wait_for(waits(), 3_600)


async def by_task() -> None:
    await asyncio.create_task(waits(), name="inner")


async def told_of(*works: Coroutine[None, None, None]) -> str:
    """What a thread that is not the loop's is told, once all wait."""
    loop = asyncio.get_running_loop()
    tasks = [asyncio.create_task(work, name=f"w{n}") for n, work in enumerate(works)]
    await asyncio.wait(tasks, timeout=0)
    await asyncio.wait(tasks, timeout=0)
    try:
        return await asyncio.to_thread(stacks, loop)
    finally:
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()


@pytest.mark.parametrize(
    ("work", "chain"),
    [
        (waits, ["waits", "wait"]),
        (by_async_for, ["by_async_for", "yields_never", "waits", "wait"]),
        (by_generator, ["by_generator", "generator", "waits", "wait"]),
        (by_awaitable, ["by_awaitable", "waits", "wait"]),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_the_chain_of_who_waits_is_told_to_its_end(
    work: Callable[[], Coroutine[None, None, None]], chain: list[str]
) -> None:
    """Through coroutines, generators, asynchronous generators and awaitable objects."""
    told = asyncio.run(told_of(work()))
    _, _, own = told.partition("task w0\n")
    own = own.partition("\ntask ")[0]
    places = [line.rpartition(" in ")[2] for line in own.splitlines() if line.startswith("  File")]
    assert places == chain


def test_who_waits_for_another_task_is_told_its_name() -> None:
    """Who reads the dump can go on at the task that is waited for."""
    told = asyncio.run(told_of(by_task()))
    assert (
        'in by_task\n    await asyncio.create_task(waits(), name="inner")\n  waits for task inner\n'
        in told
    )
    assert "task inner\n" in told


def test_tasks_at_one_place_are_told_together() -> None:
    """Hundreds of tasks that wait for one thing do not fill the log."""
    told = asyncio.run(told_of(*(waits() for _ in range(300))))
    assert "task w0, w1, w10, w100, w101 and 295 more\n" in told
    assert told.count("in waits\n") == 1


def test_no_values_are_told() -> None:
    """Arguments and variables may be a customer's words."""
    secret = f"{uuid4()}"
    told = asyncio.run(told_of(waits(secret)))
    assert "in waits\n" in told
    assert secret not in told


@contextmanager
def a_loop_with_ever_new_tasks() -> Iterator[asyncio.AbstractEventLoop]:
    """In a thread of its own, until the end."""
    loop, begun, ended = asyncio.new_event_loop(), threading.Event(), threading.Event()

    async def nothing() -> None:
        pass

    async def renew() -> None:
        begun.set()
        while not ended.is_set():
            await asyncio.gather(*(nothing() for _ in range(50)))

    thread = threading.Thread(target=loop.run_until_complete, args=(renew(),), name="renewing")
    thread.start()
    assert begun.wait(60)
    try:
        yield loop
    finally:
        ended.set()
        thread.join()
        loop.close()


def test_a_loop_may_go_on_while_it_is_looked_at() -> None:
    """Tasks that come and go meanwhile neither fail the dump nor hide who stays."""
    with a_loop_with_ever_new_tasks() as loop:
        dumps = [stacks(loop) for _ in range(40)]
    assert all("thread renewing" in told and "in renew\n" in told for told in dumps)
