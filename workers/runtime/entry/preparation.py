"""Before all roles start under one supervisor: their cluster is there, its topics are prepared.

A broker of others may be later than we. As long as it is away, the roles' addresses for machines
answer as those of a role that waits: alive, not ready.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence

import structlog

from workers.config.settings import KafkaSettings
from workers.observability.metrics import Metrics
from workers.observability.server import HealthPortError, health_app, serve
from workers.runtime.entry.aside import in_daemon_thread
from workers.runtime.topic_check import prepare_topics
from workers.streaming.access.errors import AccessError, RefusedError
from workers.streaming.access.knock import knock
from workers.streaming.connection.clients import client_settings
from workers.streaming.connection.reach import say_unreachable, until_passed

__all__ = ["Address", "prepared_when_reachable"]

log = structlog.get_logger(__name__)

_LOOK_SECONDS = 0.1

Address = tuple[str, str, int]
"""A role, and host and port on which it will answer."""


def prepared_when_reachable(
    kafka: KafkaSettings,
    addresses: Sequence[Address],
    stop: threading.Event,
    prepare: Callable[[KafkaSettings], None] = prepare_topics,
) -> bool:
    """Wait for the cluster, prepare its topics; ``False`` when ``stop`` came first. Blocks.

    Says why it waits as a role does. A cluster that refuses us or a request, or has topics that
    need a person, is not waited for: raises ``AccessError``, ``RefusedError`` and what else
    ``prepare`` raises, except a ``ClusterError`` that asking later may mend.
    """
    return asyncio.run(_prepared(kafka, addresses, stop, prepare))


async def _prepared(
    kafka: KafkaSettings,
    addresses: Sequence[Address],
    stop: threading.Event,
    prepare: Callable[[KafkaSettings], None],
) -> bool:
    told, waits, over = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def ask() -> None:
        await knock(client_settings(kafka))  # unlike the rest it can be cut short
        await in_daemon_thread(lambda: prepare(kafka))

    def say(reason: str) -> None:
        say_unreachable(kafka.servers, reason, "the roles wait")
        waits.set()

    watching = asyncio.create_task(_pass_on(stop, told), name="stop")
    answering = [
        asyncio.create_task(_answer(address, waits, over), name="health") for address in addresses
    ]
    try:
        return await until_passed(ask, told, say, final=(AccessError, RefusedError))
    finally:
        watching.cancel()
        over.set()
        if not waits.is_set():
            for task in answering:
                task.cancel()
        await asyncio.gather(watching, *answering, return_exceptions=True)


async def _pass_on(stop: threading.Event, told: asyncio.Event) -> None:
    """The order of a signal, which knows no event loop."""
    while not stop.is_set():  # noqa: ASYNC110 - a signal can set only the other kind
        await asyncio.sleep(_LOOK_SECONDS)
    told.set()


async def _answer(address: Address, waits: asyncio.Event, over: asyncio.Event) -> None:
    """Be alive and unready at an address, from when we wait until that is over."""
    await waits.wait()
    role, host, port = address
    try:
        app = health_app(role, Metrics(), alive=lambda: True, ready=lambda: False)
        await serve(app, host, port, over)
    except HealthPortError as error:
        log.warning("health_port_taken", reason=str(error))
