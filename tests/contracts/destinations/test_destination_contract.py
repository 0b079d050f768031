"""What every destination must do, whatever the network and the other side do."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from connectors.destinations.contract import Verdict
from schemas.notification import MessageRequested

Case = Any
Network = Any
Make = Callable[..., MessageRequested]

NOT_SENT = [
    httpx.ConnectError("refused"),
    httpx.ConnectTimeout("slow"),
    httpx.PoolTimeout("busy"),
    httpx.ProxyError("no tunnel"),
]
SENT = [
    httpx.ReadTimeout("silent"),
    httpx.ReadError("reset"),
    httpx.WriteError("broken pipe"),
    httpx.WriteTimeout("stuck"),
    httpx.RemoteProtocolError("peer closed connection without sending a response"),
]


async def test_a_message_is_delivered_in_one_post(
    case: Case, network: Network, make_message: Make
) -> None:
    """One attempt is one request, and success is ``DELIVERED``."""
    network.script = [case.good()]
    attempt = await case.destination(network).send(make_message(), repeat=False)
    assert attempt.verdict is Verdict.DELIVERED
    assert [request.method for request in network.requests] == ["POST"]


async def test_a_message_carries_its_trace(
    case: Case, network: Network, make_message: Make
) -> None:
    """The header is there when there is a trace, as it was given, and is not when there is none."""
    network.script = [case.good()]
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    destination = case.destination(network)
    await destination.send(make_message(), repeat=False, traceparent=trace)
    await destination.send(make_message(), repeat=False)
    assert [one.headers.get("traceparent") for one in network.requests] == [trace, None]


@pytest.mark.parametrize("error", NOT_SENT, ids=lambda error: type(error).__name__)
async def test_without_a_connection_it_was_certainly_not_delivered(
    case: Case, network: Network, make_message: Make, error: Exception
) -> None:
    """An error before the request could leave is ``RETRY``."""
    network.script = [error]
    attempt = await case.destination(network).send(make_message(), repeat=False)
    assert attempt.verdict is Verdict.RETRY


@pytest.mark.parametrize("error", SENT, ids=lambda error: type(error).__name__)
async def test_without_an_answer_nobody_knows(
    case: Case, network: Network, make_message: Make, error: Exception
) -> None:
    """An error after the request may have left is ``UNKNOWN``."""
    network.script = [error]
    attempt = await case.destination(network).send(make_message(), repeat=False)
    assert attempt.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30.0),
        ("0", 0.0),
        ("Mon, 02 Mar 2026 09:02:00 GMT", 120.0),
        ("Mon, 02 Mar 2026 08:00:00 GMT", 0.0),
        ("999999999999", 3_600.0),
        ("1e400", None),
        ("nan", None),
        ("soon", None),
        ("-5", 0.0),
    ],
)
async def test_storms_of_429_say_how_long_to_wait(
    case: Case, network: Network, make_message: Make, header: str, seconds: float | None
) -> None:
    """``Retry-After`` in seconds or as a date is passed on, at most an hour; nonsense is not."""
    network.script = [httpx.Response(429, headers={"retry-after": header})]
    destination = case.destination(network)
    for _ in range(3):
        attempt = await destination.send(make_message(), repeat=False)
        assert (attempt.verdict, attempt.retry_after) == (Verdict.RETRY, seconds)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (500, Verdict.UNKNOWN),
        (502, Verdict.UNKNOWN),
        (504, Verdict.UNKNOWN),
        (503, Verdict.RETRY),
        (400, Verdict.REFUSED),
        (401, Verdict.REFUSED),
        (403, Verdict.REFUSED),
        (404, Verdict.REFUSED),
        (410, Verdict.REFUSED),
        (413, Verdict.REFUSED),
    ],
)
async def test_a_status_says_what_became_of_the_message(
    case: Case, network: Network, make_message: Make, status: int, verdict: Verdict
) -> None:
    """A fault of theirs leaves it open, busy means later, a client error is final."""
    network.script = [httpx.Response(status, text="<html>nope</html>")]
    attempt = await case.destination(network).send(make_message(), repeat=False)
    assert attempt.verdict is verdict


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirects_are_refused_and_not_followed(
    case: Case, network: Network, make_message: Make, status: int
) -> None:
    """The message, with its credentials, goes to the configured address only."""
    network.script = [httpx.Response(status, headers={"location": "https://evil.test/take"})]
    attempt = await case.destination(network).send(make_message(), repeat=False)
    assert attempt.verdict is Verdict.REFUSED
    assert "redirect" in attempt.reason
    assert "routes.yaml" in attempt.reason
    assert len(network.requests) == 1


async def test_a_huge_answer_is_not_read_to_its_end(
    case: Case, network: Network, make_message: Make
) -> None:
    """Reading stops at the limit; what cannot be understood leaves it open."""
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while read < 1_000:
            read += 1
            yield b"o" * 10_000

    network.script = [lambda _: httpx.Response(200, content=endless())]
    destination = case.destination(network)
    attempt = await destination.send(make_message(), repeat=False)
    expected = Verdict.UNKNOWN if case.judges_body else Verdict.DELIVERED
    assert attempt.verdict is expected
    assert read < 20


async def test_an_answer_that_drips_is_cut_off(
    case: Case, network: Network, make_message: Make
) -> None:
    """However slowly bytes come, a call ends within its deadline, in doubt."""

    async def drip() -> AsyncIterator[bytes]:
        yield b"o"
        await asyncio.Event().wait()

    network.script = [lambda _: httpx.Response(200, content=drip())]
    destination = case.destination(network, total=0.05)
    attempt = await destination.send(make_message(), repeat=False)
    assert attempt.verdict is Verdict.UNKNOWN


async def test_an_attempt_can_be_cancelled(
    case: Case, network: Network, make_message: Make
) -> None:
    """A partition that is taken away does not wait for the other side."""
    started = asyncio.Event()

    async def hang() -> AsyncIterator[bytes]:
        started.set()
        await asyncio.Event().wait()
        yield b""

    network.script = [lambda _: httpx.Response(200, content=hang())]
    task = asyncio.create_task(case.destination(network).send(make_message(), repeat=False))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_reasons_hold_no_secret_and_none_of_the_words(
    case: Case, network: Network, make_message: Make
) -> None:
    """Whatever an error or an answer quotes, the reason is ours: short, and says what to do."""
    message = make_message(
        title="Zebra title", body="Zebra words", mention=None, link="https://zebra.test/x"
    )
    leak = " ".join((*case.secrets, "Zebra", "https://hooks.slack.test/x"))
    steps: list[Any] = [type(error)(leak) for error in (*NOT_SENT, *SENT)]
    steps += [httpx.LocalProtocolError(leak), httpx.UnsupportedProtocol(leak)]
    for status in (200, 301, 400, 401, 403, 404, 409, 410, 418, 429, 500, 502, 503, 599):
        headers = {"location": f"https://evil.test/{case.secrets[0]}", "x-echo": leak}
        steps.append(httpx.Response(status, text=leak, headers=headers))
        steps.append(httpx.Response(status, json={"ok": False, "error": leak}, headers=headers))
        steps.append(httpx.Response(status, json={"ok": False, "error": "zebra_secret"}))
    for step in steps:
        network.script = [step]
        attempt = await case.destination(network).send(message, repeat=False)
        told = f"{attempt.reason} {attempt.reference}"
        assert "Zebra" not in told
        assert not any(secret in told for secret in case.secrets)
        if attempt.verdict is not Verdict.DELIVERED:
            assert 10 < len(attempt.reason) <= 300


async def test_what_cannot_be_formed_is_refused(
    case: Case, network: Network, make_message: Make
) -> None:
    """An address or header that no request can have is a matter of configuration."""
    network.script = [httpx.LocalProtocolError("Illegal header value")]
    attempt = await case.destination(network).send(make_message(), repeat=False)
    assert attempt.verdict is Verdict.REFUSED
    assert "routes.yaml" in attempt.reason


async def test_a_repeat_carries_the_same_key(
    case: Case, network: Network, make_message: Make
) -> None:
    """Every attempt of a message has one idempotency key, where the destination has a place."""
    network.script = [case.good()]
    destination = case.destination(network)
    for repeat in (False, True):
        await destination.send(make_message(), repeat=repeat)
    first, second = network.requests
    assert first.headers.get("webhook-id") == second.headers.get("webhook-id")
    if destination.deduplicates:
        assert first.headers["webhook-id"] == make_message().message_id
        assert first.content == second.content
    else:
        assert b"may be a repeat" not in first.content
        assert b"may be a repeat" in second.content


async def test_a_closed_destination_opens_again(
    case: Case, network: Network, make_message: Make
) -> None:
    """After a rebalance the same object is used anew."""
    network.script = [case.good()]
    destination = case.destination(network)
    await destination.send(make_message(), repeat=False)
    await destination.close()
    await destination.close()
    attempt = await destination.send(make_message(), repeat=False)
    assert attempt.verdict is Verdict.DELIVERED
    await destination.close()


async def test_calls_ask_for_a_plain_answer_and_keep_no_connection(
    case: Case, network: Network, make_message: Make
) -> None:
    """No compression bombs, and no idle connection that the other side closes while we write."""
    network.script = [case.good()]
    await case.destination(network).send(make_message(), repeat=False)
    (request,) = network.requests
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["connection"] == "close"
    assert request.headers["content-type"].startswith("application/json")
