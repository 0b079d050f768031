"""Runs the pages under uvicorn until somebody says stop."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import structlog
import uvicorn
from starlette.types import ASGIApp

from connectors.base.contract import Clock
from workers.archive.engine import open_engine
from workers.config.load import Configuration
from workers.config.settings import Settings
from workers.letters.seam import LetterActions
from workers.observability.metrics import Metrics
from workers.web.app import create_app
from workers.web.options import WebOptions, is_loopback

__all__ = ["WebPortError", "run_web", "serve"]

_GRACE_S = 1
"""Seconds that requests under way get to finish."""

_log = structlog.get_logger(__name__)


class WebPortError(OSError):
    """The address of the pages cannot be listened on. The message says what to do."""


class _Server(uvicorn.Server):
    """Leaves the signals of the process to whoever supervises it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket; raises ``WebPortError``."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise WebPortError(
            f"PRODUCTOPS_WEB_HOST={host} is no address of this machine: {error.strerror}"
        ) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise WebPortError(
            f"the pages cannot listen on {host}:{port}: {error.strerror}. Stop what uses the "
            "port, or choose another with PRODUCTOPS_WEB_PORT"
        ) from error
    return listener


async def serve(
    app: ASGIApp, host: str, port: int, *, stop: asyncio.Event, ready: asyncio.Event
) -> None:
    """Serve until ``stop`` is set, then end within two seconds.

    Sets ``ready`` once requests are answered. Raises ``WebPortError``.
    """
    listener = _listen(host, port)
    server = _Server(
        uvicorn.Config(
            app,
            interface="asgi3",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_GRACE_S,
            timeout_keep_alive=5,
            h11_max_incomplete_event_size=65_536,
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    stopping = asyncio.create_task(stop.wait())
    try:
        # The socket takes connections already; what is asked now is answered when it runs.
        ready.set()
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        await serving
    finally:
        stopping.cancel()
        with suppress(asyncio.CancelledError):
            await stopping
        listener.close()


async def run_web(
    settings: Settings,
    configuration: Configuration | None,
    metrics: Metrics,
    *,
    clock: Clock,
    options: WebOptions,
    stop: asyncio.Event,
    ready: asyncio.Event,
    letters: LetterActions | None = None,
) -> None:
    """The role ``web``: pages over the read model of ``settings.database_url``.

    Raises ``WebPortError`` and ``workers.archive.engine.DatabaseUrlError``. The read model
    need not exist yet: the pages then say what creates it.
    """
    engine = open_engine(settings.database_url, read_only=True)
    app = create_app(
        engine,
        configuration=configuration,
        clock=clock,
        metrics=metrics,
        options=options,
        letters=letters,
    )
    if not is_loopback(settings.web_host):
        _log.warning(
            "web_open_to_the_network",
            host=settings.web_host,
            remedy="the pages ask nobody for a password, and whoever reaches them can replay "
            "and drop dead letters: put a proxy that asks in front",
        )
    try:
        await serve(app, settings.web_host, settings.web_port, stop=stop, ready=ready)
    finally:
        engine.dispose()
