"""Destinations over real sockets: broken connections, and the simulated Slack."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import uvicorn
from pydantic import SecretStr

from connectors.base.clock import SystemClock
from connectors.destinations.contract import Person, Verdict
from connectors.destinations.http import Limits
from connectors.destinations.slack import Slack
from connectors.destinations.slack_webhook import SlackWebhook
from connectors.destinations.webhook import Webhook
from connectors.sandbox.slack.app import make_app
from connectors.sandbox.slack.workspace import LARKFIELD
from schemas.notification import MessageRequested

Make = Callable[..., MessageRequested]

PATIENT = Limits(connect=20.0, read=20.0, write=20.0, total=60.0)
"""Nothing here is meant to take long; a loaded machine may."""


@contextlib.asynccontextmanager
async def raw_server(answer: bytes) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server that reads a request, writes these bytes and hangs up."""
    seen: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length")
        )
        seen.append(head + await reader.readexactly(length))
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], seen


def _hook(port: int, path: str = "services/T/B/X") -> SlackWebhook:
    return SlackWebhook(
        url=SecretStr(f"http://127.0.0.1:{port}/{path}"),
        clock=SystemClock(),
        people={},
        limits=PATIENT,
    )


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\no",
        b"HTTP/1.1 200 OK\r\ncontent-",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nok",
    ],
    ids=["silence", "cut body", "cut head", "another protocol", "cut chunk"],
)
async def test_a_connection_that_breaks_after_the_request_leaves_it_open(
    make_message: Make, answer: bytes
) -> None:
    """The request arrived, the answer did not: ``UNKNOWN``, and exactly one request was made."""
    async with raw_server(answer) as (port, seen):
        attempt = await _hook(port).send(make_message(), repeat=False)
    assert attempt.verdict is Verdict.UNKNOWN
    assert len(seen) == 1


async def test_nobody_listening_is_certainly_not_delivered(make_message: Make) -> None:
    """A refused connection: ``RETRY``, and the reason names host and port, not the path."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        attempt = await _hook(port, "services/secretpath").send(make_message(), repeat=False)
    assert attempt.verdict is Verdict.RETRY
    assert f"127.0.0.1:{port}" in attempt.reason
    assert "secretpath" not in attempt.reason


async def test_a_redirect_on_the_wire_reaches_nobody_else(make_message: Make) -> None:
    """The address in ``location`` sees no request."""
    async with raw_server(b"") as (other, stolen):
        answer = f"HTTP/1.1 307 T\r\nlocation: http://127.0.0.1:{other}/\r\ncontent-length: 0\r\n"
        async with raw_server(f"{answer}\r\n".encode()) as (port, _):
            attempt = await _hook(port).send(make_message(), repeat=False)
    assert attempt.verdict is Verdict.REFUSED
    assert stolen == []


@pytest.fixture
async def sandbox() -> AsyncIterator[str]:
    """The simulated Slack on a port of its own."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    app: Any = make_app(workspace=LARKFIELD, per_second=1_000.0)
    config = uvicorn.Config(app, log_level="warning", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    port = listening.getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await serving
    listening.close()


def _slack(base: str, channel: str = "team-billing", **more: Any) -> Slack:
    whole: dict[str, Any] = {
        "token": SecretStr(LARKFIELD.token),
        "clock": SystemClock(),
        "people": {"ana": Person("Ana Costa", "U024BE7LH")},
        "api_url": f"{base}/api",
        "limits": PATIENT,
    }
    return Slack(channel=channel, **(whole | more))


async def _told(base: str) -> list[dict[str, Any]]:
    async with httpx.AsyncClient() as client:
        return list((await client.get(f"{base}/_sandbox/messages")).json()["messages"])


async def test_the_simulated_slack_takes_a_message_and_finds_it_again(
    sandbox: str, make_message: Make
) -> None:
    """Blocks are accepted, the key is kept, and a new process finds it by the channel's name."""
    since = datetime.now(UTC) - timedelta(seconds=1)
    sent = await _slack(sandbox).send(make_message(), repeat=False)
    assert sent.verdict is Verdict.DELIVERED
    (told,) = await _told(sandbox)
    assert told["key"] == make_message().message_id

    later = _slack(sandbox)
    found = await later.find(make_message(), since)
    assert found is not None
    assert (found.verdict, found.reference) == (Verdict.DELIVERED, sent.reference)
    absent = await later.find(make_message(message_id="another"), since)
    assert absent is not None
    assert absent.verdict is Verdict.RETRY


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"channel": "board"}, "not_in_channel"),
        ({"channel": "nowhere"}, "channel_not_found"),
        ({"token": SecretStr("xoxb-wrong")}, "invalid_auth"),
    ],
)
async def test_the_simulated_slack_refuses_as_slack_does(
    sandbox: str, make_message: Make, more: dict[str, Any], words: str
) -> None:
    """Wrong channel, no membership, wrong token: final, with the code in the reason."""
    whole = {"base": sandbox, **more}
    attempt = await _slack(**whole).send(make_message(), repeat=False)
    assert attempt.verdict is Verdict.REFUSED
    assert words in attempt.reason


async def test_an_answer_lost_after_the_work_is_found_by_asking(
    sandbox: str, make_message: Make
) -> None:
    """The server posts and then fails: unknown to us, found in its history."""
    async with httpx.AsyncClient() as client:
        fault = {"kind": "after", "path": "/api/chat.postMessage", "status": 500}
        (await client.post(f"{sandbox}/_sandbox/faults", json=fault)).raise_for_status()
    slack = _slack(sandbox)
    since = datetime.now(UTC)
    attempt = await slack.send(make_message(), repeat=False)
    assert attempt.verdict is Verdict.UNKNOWN
    found = await slack.find(make_message(), since)
    assert found is not None
    assert found.verdict is Verdict.DELIVERED
    assert len(await _told(sandbox)) == 1


async def test_the_simulated_incoming_webhook_takes_what_slack_takes(
    sandbox: str, make_message: Make
) -> None:
    """A known address says ``ok``, an unknown one is refused for good."""
    port = int(sandbox.rsplit(":", 1)[1])
    path = next(iter(LARKFIELD.webhooks))
    good = await _hook(port, f"services/{path}").send(make_message(), repeat=False)
    assert good.verdict is Verdict.DELIVERED
    bad = await _hook(port, "services/T/B/nothing").send(make_message(), repeat=False)
    assert bad.verdict is Verdict.REFUSED
    assert "new incoming webhook" in bad.reason


async def test_a_receiver_of_signed_webhooks_verifies_and_drops_repeats(
    sandbox: str, make_message: Make
) -> None:
    """Somebody else's check of our signature passes; the second delivery is shown to nobody."""
    name, secret = next(iter(LARKFIELD.hooks.items()))
    hook = Webhook(
        url=f"{sandbox}/hooks/{name}", secret=SecretStr(secret), clock=SystemClock(), limits=PATIENT
    )
    for repeat in (False, True):
        attempt = await hook.send(make_message(), repeat=repeat)
        assert attempt.verdict is Verdict.DELIVERED
    assert [told["key"] for told in await _told(sandbox)] == [make_message().message_id]
