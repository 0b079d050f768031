"""One HTTP call as a destination makes it: bounded in time and size, its end a value.

What an error means for the message depends on when it came. Before the request left us
(no connection) it was certainly not delivered: ``RETRY``. Afterwards (no answer, a broken
answer) nobody knows: ``UNKNOWN``. Reasons name the host and what happened; never the path,
which is the secret of an incoming webhook, never headers, never what was sent or answered.

Redirects are not followed: a message is posted to the address that was configured, or not
at all. Connections are not kept: a message a second gains nothing from it, and a server that
closes an idle connection while we write would leave the message in doubt.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

import httpx

from connectors.base.contract import Clock
from connectors.base.http.limits import retry_after
from connectors.destinations.contract import Attempt, Verdict

__all__ = ["MAX_RETRY_AFTER", "Answer", "Caller", "Limits", "Transport", "host_of", "status_name"]

Transport = httpx.AsyncBaseTransport
"""The way to the network; tests pass one of their own."""

MAX_RETRY_AFTER = 3_600.0
"""Longest wait in seconds that another side can ask of us."""

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_NEVER_SENT = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one call, in seconds and bytes."""

    connect: float = 5.0
    write: float = 10.0
    read: float = 15.0
    total: float = 30.0
    """Of the whole call: an answer that drips cannot hold it longer."""
    answer_bytes: int = 65_536


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. ``complete`` is false when the body was cut at the limit."""

    status: int
    body: bytes
    complete: bool
    retry_after: float | None


def host_of(url: str) -> str:
    """Host and port of an address: the part that may be told."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        return "the configured address"
    return f"{parsed.host}:{parsed.port}" if parsed.port else parsed.host


def status_name(status: int) -> str:
    """``HTTP 404 Not Found``."""
    try:
        return f"HTTP {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP {status}"


class Caller:
    """Makes calls for one destination."""

    def __init__(
        self, clock: Clock, *, transport: Transport | None = None, limits: Limits | None = None
    ) -> None:
        self._clock = clock
        self._transport = transport
        self._limits = limits or Limits()
        self._client: httpx.AsyncClient | None = None

    async def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        content: bytes | None = None,
        params: Mapping[str, str] | None = None,
        answer_bytes: int | None = None,
        traceparent: str | None = None,
    ) -> Answer | Attempt:
        """The answer, or how the attempt ended without one.

        ``traceparent`` becomes the header of that name, by which the other side's trace of what
        it does with the message is part of ours.
        """
        host = host_of(url)
        sent = dict(headers) if traceparent is None else {**headers, "traceparent": traceparent}
        try:
            async with asyncio.timeout(self._limits.total):
                async with self._open().stream(
                    method, url, headers=sent, content=content, params=params
                ) as response:
                    body, complete = await _read(
                        response, answer_bytes or self._limits.answer_bytes
                    )
        except _NOT_SENT as error:
            return Attempt(
                Verdict.RETRY,
                f"no connection to {host} ({_kind(error)}); it is tried again. If it stays so, "
                "check the address in routes.yaml and the way to it",
            )
        except (*_NEVER_SENT, httpx.InvalidURL, UnicodeEncodeError) as error:
            return Attempt(
                Verdict.REFUSED,
                f"the request to {host} could not be formed ({_kind(error)}); check the "
                "receiver's address and secret in routes.yaml",
            )
        except TimeoutError:
            return Attempt(
                Verdict.UNKNOWN,
                f"{host} did not finish its answer within {self._limits.total:g} s; "
                "the message may have arrived",
            )
        except httpx.HTTPError as error:
            return Attempt(
                Verdict.UNKNOWN,
                f"{host} gave no usable answer ({_kind(error)}); the message may have arrived",
            )
        asked = retry_after(response.headers, self._clock.now())
        return Answer(
            status=response.status_code,
            body=body,
            complete=complete,
            retry_after=None if asked is None else min(asked, MAX_RETRY_AFTER),
        )

    async def close(self) -> None:
        """Let connections go; the next call opens new ones."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def _open(self) -> httpx.AsyncClient:
        if self._client is None:
            limits = self._limits
            self._client = httpx.AsyncClient(
                transport=self._transport,
                timeout=httpx.Timeout(
                    connect=limits.connect,
                    read=limits.read,
                    write=limits.write,
                    pool=limits.connect,
                ),
                limits=httpx.Limits(max_connections=4, max_keepalive_connections=0),
                follow_redirects=False,
                headers={
                    "user-agent": "productops-workers",
                    "accept-encoding": "identity",
                    "connection": "close",
                },
            )
        return self._client


async def _read(response: httpx.Response, limit: int) -> tuple[bytes, bool]:
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > limit:
            return bytes(body[:limit]), False
    return bytes(body), True


def _kind(error: Exception) -> str:
    """The kind of an error without its text, which can hold addresses."""
    return type(error).__name__
