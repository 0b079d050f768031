"""Faults on demand: what networks and vendors do to a client, switched on by a test.

``POST /_sandbox/faults`` takes a JSON object::

    {"kind": "status", "times": 3, "path": "/api/v2/incremental", "status": 500}

* ``status``: answer this status instead, with ``retry_after`` seconds if given
* ``reset``: break off inside the body
* ``truncate``: answer 200 with the first half of the JSON, correctly framed
* ``refuse``: close the connection without an answer
* ``after``: do the work, then answer ``status`` (500): the client cannot know
* ``delay``: wait ``seconds`` before answering

``times`` (1) requests whose path begins with ``path`` (all) are hit; faults queue up and the
oldest that fits is used first. ``DELETE`` forgets them, ``GET`` lists what is left.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["ADMIN_PATH", "BadFaultError", "Fault", "Faults"]

ADMIN_PATH = "/_sandbox"
_PATH = f"{ADMIN_PATH}/faults"
_KINDS = frozenset({"status", "reset", "truncate", "refuse", "after", "delay"})


class BadFaultError(ValueError):
    """The order for a fault makes no sense; the message says why."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of trouble, for some requests."""

    kind: str
    times: int = 1
    path: str = "/"
    status: int = 500
    retry_after: int | None = None
    seconds: float = 0.0

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> "Fault":
        """Read an order; raises ``BadFaultError``."""
        try:
            fault = cls(**raw)
        except TypeError as error:
            raise BadFaultError(str(error)) from error
        if fault.kind not in _KINDS:
            raise BadFaultError(f"kind {fault.kind!r}: there are {', '.join(sorted(_KINDS))}")
        return fault


class Faults:
    """ASGI middleware that misbehaves as ordered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._queue: list[Fault] = []

    def order(self, fault: Fault) -> None:
        """Queue a fault."""
        self._queue.append(fault)

    def clear(self) -> None:
        """Forget every fault that is left."""
        self._queue.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or fail at it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] == _PATH:
            await self._administer(scope, receive, send)
        elif fault := self._take(scope["path"]):
            await self._misbehave(fault, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _take(self, path: str) -> Fault | None:
        if path.startswith(ADMIN_PATH):
            return None
        for index, fault in enumerate(self._queue):
            if path.startswith(fault.path):
                left = replace(fault, times=fault.times - 1)
                self._queue[index : index + 1] = [left] if left.times > 0 else []
                return fault
        return None

    async def _administer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        status = 200
        problem = ""
        if request.method == "POST":
            try:
                self.order(Fault.of(await request.json()))
            except (BadFaultError, TypeError, ValueError) as error:
                status, problem = 400, str(error)
        elif request.method == "DELETE":
            self.clear()
        body = {"error": problem} if problem else {"faults": [asdict(f) for f in self._queue]}
        await JSONResponse(body, status)(scope, receive, send)

    async def _misbehave(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        if fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
            await self._app(scope, receive, send)
        elif fault.kind == "status":
            await _failure(fault)(scope, receive, send)
        elif fault.kind == "refuse":
            # uvicorn closes the connection without a byte when an answer breaks while it is
            # begun, and a line break in a header breaks it
            await send({"type": "http.response.start", "status": 200, "headers": [(b"x", b"\r\n")]})
        else:
            start, body = await self._answer(scope, receive)
            if fault.kind == "after":
                await _failure(fault)(scope, receive, send)
                return
            half = body[: len(body) // 2]
            headers = [(k, v) for k, v in start["headers"] if k.lower() != b"content-length"]
            promised = len(half) if fault.kind == "truncate" else len(body)
            headers.append((b"content-length", str(promised).encode()))
            await send({**start, "headers": headers})
            more = fault.kind == "reset"
            await send({"type": "http.response.body", "body": half, "more_body": more})
            if more:
                raise ConnectionResetError("reset inside the body as ordered")

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
        """What the application answers, kept back."""
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self._app(scope, receive, keep)
        body = b"".join(message.get("body", b"") for message in messages[1:])
        return messages[0], body


def _failure(fault: Fault) -> Response:
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    return JSONResponse({"error": "ordered fault"}, fault.status, headers)
