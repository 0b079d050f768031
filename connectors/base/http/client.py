"""The client every connector asks its vendor through.

It spends the call budget, waits, repeats, and turns everything that can go wrong into the
three errors a poller knows. Redirects are refused; a body is read up to a limit; no message
holds a query, a header, a body or the text of a lower layer's exception, because each of
them can hold a secret or a customer's words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import httpx

from connectors.base.errors import ConfigurationError, TransientError
from connectors.base.http.budget import Budget
from connectors.base.http.credentials import Credentials
from connectors.base.http.limits import LimitHeaders, retry_after
from connectors.base.http.statuses import Action, Reaction, reaction_to
from connectors.base.http.transport import Borrowed
from connectors.base.http.waiting import Patience
from connectors.base.payload import read_json
from connectors.base.registry import ConnectorContext

__all__ = ["Answer", "Dialect", "HttpClient", "Limit"]

_INSTANT = 0.001
"""Seconds too short to wait for: less than a clock's rounding."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One of a vendor's limits, and where its responses speak of it."""

    calls: int
    window: float
    """Seconds."""
    headers: Sequence[LimitHeaders] = ()
    """Read in order; the first that is there counts."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a vendor's HTTP interface behaves, as data."""

    vendor: str
    """As people call it: stands in messages."""
    limits: Mapping[str, Limit] = field(default_factory=dict)
    habits: Mapping[int, Reaction] = field(default_factory=dict)
    """Statuses that mean something else here."""
    patience: Patience = field(default_factory=Patience)
    timeout: float = 60.0
    """Seconds without a byte."""
    deadline: float = 300.0
    """Seconds for a whole response, however slowly it trickles."""
    largest: int = 32 * 1024 * 1024
    """Bytes of a body, unpacked."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response that was taken."""

    body: Any
    """The JSON in it."""
    headers: httpx.Headers


@dataclass(frozen=True, slots=True)
class _Setback:
    """An attempt that failed and may be repeated."""

    what: str
    asked: float | None = None
    """Seconds the vendor asked us to wait."""


class HttpClient:
    """Asks one vendor's account. Not for concurrent use: a source has one poller."""

    def __init__(
        self,
        dialect: Dialect,
        base_url: str,
        credentials: Credentials,
        context: ConnectorContext,
    ) -> None:
        self._dialect = dialect
        self._credentials = credentials
        self._context = context
        self._budgets = {
            name: Budget(limit.calls, limit.window) for name, limit in dialect.limits.items()
        }
        self._http = httpx.AsyncClient(
            base_url=base_url,
            transport=Borrowed(context.transport),
            timeout=httpx.Timeout(dialect.timeout, connect=15.0),
            follow_redirects=False,
            headers={"Accept": "application/json", "User-Agent": "productops-workers"},
        )

    def __repr__(self) -> str:
        return f"HttpClient({self._dialect.vendor}, {self._http.base_url.host})"

    async def close(self) -> None:
        """Make no more calls; the transport is its owner's to close."""
        await self._http.aclose()

    async def get(
        self, path: str, params: Mapping[str, str] | None = None, *, limits: Sequence[str] = ()
    ) -> Answer:
        """The JSON at ``path``; the call counts against the named ``limits``.

        Raises ``ConfigurationError`` and ``TransientError``. Waits inside only as long as the
        dialect's patience allows.
        """
        what = f"the call to {self._dialect.vendor} ({path})"
        patience = self._dialect.patience
        attempt = 1
        while True:
            await self._afford(limits, what)
            outcome = await self._attempt(path, params or {}, limits)
            if isinstance(outcome, Answer):
                return outcome
            if isinstance(outcome, Reaction):
                raise ConfigurationError(f"{what} {outcome.meaning}", remedy=outcome.remedy)
            asked = outcome.asked
            if attempt >= patience.attempts or (asked or 0.0) > patience.longest:
                raise TransientError(
                    f"{what} {outcome.what} ({attempt} attempts)", retry_after=asked
                )
            self._context.observer.failed(self._context.source_name, "transient")
            if asked is None:
                await self._wait(patience.backoff(attempt, self._context.randomness), "backoff")
            else:
                await self._wait(asked, "retry_after")
            attempt += 1

    async def _afford(self, limits: Sequence[str], what: str) -> None:
        """Wait until every limit allows a call, then count it."""
        clock = self._context.clock
        while True:
            now = clock.monotonic()
            wait = max((self._budgets[name].wait(now) for name in limits), default=0.0)
            if wait < _INSTANT:
                break
            if wait > self._dialect.patience.longest:
                raise TransientError(f"{what} has to wait for its limit", retry_after=wait)
            await self._wait(wait, "budget")
        for name in limits:
            self._budgets[name] = self._budgets[name].spend(clock.monotonic())

    async def _wait(self, seconds: float, reason: str) -> None:
        self._context.observer.waited(self._context.source_name, seconds, reason)
        await self._context.clock.sleep(seconds)

    async def _attempt(
        self, path: str, params: Mapping[str, str], limits: Sequence[str]
    ) -> Answer | Reaction | _Setback:
        """One call. Lower layers' exceptions end here: their texts may quote our headers."""
        try:
            request = self._http.build_request(
                "GET", path, params=dict(params), headers=self._credentials.headers()
            )
            response = await self._http.send(request, stream=True)
            try:
                self._listen(response.headers, limits)
                return await self._judge(response)
            finally:
                await response.aclose()
        except httpx.TimeoutException:
            return _Setback("was not answered in time")
        except (
            httpx.InvalidURL,
            httpx.UnsupportedProtocol,
            httpx.LocalProtocolError,
            UnicodeError,
        ):
            return Reaction(
                Action.STOP,
                "could not be made",
                "check the address, and that the token is plain ASCII without a line break",
            )
        except httpx.HTTPError as error:
            return _Setback(f"broke off ({type(error).__name__})")

    async def _judge(self, response: httpx.Response) -> Answer | Reaction | _Setback:
        status = response.status_code
        reaction = reaction_to(status, self._dialect.habits)
        if reaction.action is Action.STOP:
            return Reaction(Action.STOP, f"{reaction.meaning} ({status})", reaction.remedy)
        if reaction.action is Action.RETRY:
            asked = retry_after(response.headers, self._context.clock.now())
            return _Setback(f"{reaction.meaning} ({_named(status)})", asked)
        raw = await self._read(response)
        if not isinstance(raw, bytes):
            return raw
        try:
            return Answer(read_json(raw), response.headers)
        except ValueError:
            return _Setback(f"was answered with no JSON, or with half of it ({status})")

    async def _read(self, response: httpx.Response) -> bytes | Reaction | _Setback:
        """The body, unpacked, as far as it is allowed to go."""
        clock, largest = self._context.clock, self._dialect.largest
        until = clock.monotonic() + self._dialect.deadline
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > largest:
                return Reaction(
                    Action.STOP,
                    f"was answered with more than {largest // 1024} KiB",
                    "lower the source's page size",
                )
            if clock.monotonic() > until:
                return _Setback(f"was not answered in full within {self._dialect.deadline:g} s")
        return bytes(body)

    def _listen(self, headers: httpx.Headers, limits: Sequence[str]) -> None:
        """Take over what the response says about the limits, and report the tightest."""
        clock = self._context.clock
        for name in limits:
            for header in self._dialect.limits[name].headers:
                allowance = header.read(headers, clock.now())
                if allowance is not None:
                    self._budgets[name] = self._budgets[name].told(allowance, clock.monotonic())
                    break
        if limits:
            left = min(self._budgets[name].left(clock.monotonic()) for name in limits)
            self._context.observer.budget_left(self._context.source_name, left)


def _named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
