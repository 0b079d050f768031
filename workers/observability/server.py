"""The page of a role for machines: ``/metrics``, ``/healthz`` (live) and ``/readyz`` (ready)."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from workers.observability.exposition import exposition
from workers.observability.metrics import Metrics

__all__ = ["HealthPortError", "health_app", "serve"]

_STOP_SECONDS = 2


class HealthPortError(OSError):
    """The health addresses cannot be listened on. The message says what to do."""


def health_app(
    role: str, metrics: Metrics, *, alive: Callable[[], bool], ready: Callable[[], bool]
) -> Starlette:
    """The three addresses as an ASGI application."""

    def answer(good: bool, yes: str, no: str) -> Response:  # noqa: FBT001
        return PlainTextResponse(yes if good else no, status_code=200 if good else 503)

    async def show_metrics(_request: Request) -> Response:
        return exposition(metrics, role, ready=ready())

    async def show_health(_request: Request) -> Response:
        return answer(alive(), "alive\n", "stuck\n")

    async def show_ready(_request: Request) -> Response:
        return answer(ready(), "ready\n", "not ready\n")

    return Starlette(
        routes=[
            Route("/metrics", show_metrics),
            Route("/healthz", show_health),
            Route("/readyz", show_ready),
        ]
    )


class _Server(uvicorn.Server):
    """A server that leaves signals to the process it is part of."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


async def serve(app: Starlette, host: str, port: int, stop: asyncio.Event) -> None:
    """Serve until ``stop``; raises ``HealthPortError`` when the port is taken."""
    listener = _listen(host, port)
    server = _Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=_STOP_SECONDS,
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="http")
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((serving, stopped), return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        await serving
    finally:
        stopped.cancel()
        listener.close()


def _listen(host: str, port: int) -> socket.socket:
    """Our own socket: uvicorn would end the process over a port that is taken."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen()
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise HealthPortError(
            f"/metrics cannot listen on {host}:{port}: {error.strerror}. Stop what uses the port, "
            "or choose others with PRODUCTOPS_METRICS_HOST and PRODUCTOPS_METRICS_PORT (that is "
            "the first role's port; the others follow)"
        ) from error
    return listener
