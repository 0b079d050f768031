"""Serving the pages: a real port, a quick end, clear refusals."""

import asyncio
import signal
import socket
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.base.clock import SystemClock
from tests.own_ports import own_ports
from workers.config.settings import KafkaSettings, Settings
from workers.observability.metrics import Metrics
from workers.web.options import WebOptions
from workers.web.runner import WebPortError, run_web, serve


@pytest.fixture
def port() -> int:
    """A port that nobody uses."""
    return own_ports()


async def test_the_role_answers_once_it_is_ready_and_ends_when_told(
    tmp_path: Path, port: int
) -> None:
    """Ready means that requests are answered; after stop the port is free again."""
    settings = Settings(
        config_dir=tmp_path,
        state_dir=tmp_path,
        kafka=KafkaSettings(),
        database_url=f"sqlite:///{tmp_path}/archive.sqlite",
        web_port=port,
    )
    stop, ready = asyncio.Event(), asyncio.Event()
    role = asyncio.create_task(
        run_web(
            settings,
            None,
            Metrics(),
            clock=SystemClock(),
            options=WebOptions.of("127.0.0.1", {}),
            stop=stop,
            ready=ready,
        )
    )
    await ready.wait()
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"http://127.0.0.1:{port}/healthz")
        assert answer.status_code == 200
        assert "server" not in answer.headers
        stop.set()
        # the client still holds its connection open
        await asyncio.wait_for(role, 2)
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", port))


async def test_a_request_that_hangs_does_not_hold_up_the_end(port: int) -> None:
    """With a request under way that never ends, stopping takes less than two seconds."""
    begun = asyncio.Event()

    async def hanging(_scope: Any, _receive: Any, _send: Any) -> None:
        begun.set()
        await asyncio.Event().wait()

    stop, ready = asyncio.Event(), asyncio.Event()
    serving = asyncio.create_task(serve(hanging, "127.0.0.1", port, stop=stop, ready=ready))
    await ready.wait()
    async with httpx.AsyncClient() as client:
        request = asyncio.create_task(client.get(f"http://127.0.0.1:{port}/"))
        await begun.wait()
        started = time.monotonic()
        stop.set()
        await serving
        assert time.monotonic() - started < 2
        with pytest.raises(httpx.HTTPError):
            (await request).raise_for_status()


async def test_signals_stay_with_the_supervisor(port: int) -> None:
    """Serving changes no signal handler of the process."""
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    stop, ready = asyncio.Event(), asyncio.Event()
    serving = asyncio.create_task(serve(app, "127.0.0.1", port, stop=stop, ready=ready))
    await ready.wait()
    async with httpx.AsyncClient() as client:
        assert (await client.get(f"http://127.0.0.1:{port}/")).status_code == 204
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
    stop.set()
    await serving


async def test_a_taken_port_is_refused_in_words() -> None:
    """The error names the address and the setting to change."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(WebPortError, match=f"127.0.0.1:{port}.*PRODUCTOPS_WEB_PORT"):
            await serve(
                lambda *_: None, "127.0.0.1", port, stop=asyncio.Event(), ready=asyncio.Event()
            )


async def test_an_unknown_address_is_refused_in_words(port: int) -> None:
    """A host that is not of this machine is named with its setting."""
    with pytest.raises(WebPortError, match=r"PRODUCTOPS_WEB_HOST|192\.0\.2\.1"):
        await serve(lambda *_: None, "192.0.2.1", port, stop=asyncio.Event(), ready=asyncio.Event())
