"""Incoming webhooks as Slack has them, and a generic receiver of signed webhooks."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from connectors.sandbox.slack.api import WebApi, rate_limited
from connectors.sandbox.slack.blocks import problem_with
from connectors.sandbox.slack.inbox import Inbox, Received
from connectors.sandbox.slack.workspace import Workspace

__all__ = ["Hooks"]

_TOLERANCE = 300
"""Seconds by which a delivery's time may differ from ours (Standard Webhooks)."""


class Hooks:
    """Endpoints under ``/services`` and ``/hooks``."""

    def __init__(
        self,
        workspace: Workspace,
        inbox: Inbox,
        api: WebApi,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._workspace = workspace
        self._inbox = inbox
        self._api = api
        self._clock = clock

    async def incoming(self, request: Request) -> Response:
        """``/services/T/B/X``: success is 200 with the body ``ok``."""
        channel = self._workspace.webhooks.get(request.path_params["path"])
        if channel is None:
            return PlainTextResponse("no_service", 404)
        body = _json(await request.body())
        problem = _unusable(body)
        if problem is not None or not isinstance(body, dict):
            return PlainTextResponse(problem, 400)
        if wait := self._api.budget(channel).take():
            return rate_limited(wait)
        stamp = self._inbox.stamp(self._clock())
        self._inbox.add(
            Received(
                via="incoming",
                place=channel,
                ts=stamp,
                text=body.get("text") or "",
                blocks=body.get("blocks") or [],
            )
        )
        return PlainTextResponse("ok")

    async def signed(self, request: Request) -> Response:
        """``/hooks/{name}``: checks the signature, drops what it has seen."""
        name = request.path_params["name"]
        secret = self._workspace.hooks.get(name)
        if secret is None:
            return JSONResponse({"error": "no such hook"}, 404)
        raw = await request.body()
        identifier = request.headers.get("webhook-id", "")
        problem = _problem(secret, request.headers, identifier, raw, self._clock())
        if problem:
            return JSONResponse({"error": problem}, 401)
        body = _json(raw)
        if body is None:
            return JSONResponse({"error": "the body is no JSON"}, 400)
        repeat = self._inbox.seen(name, identifier)
        self._inbox.add(
            Received(
                via="webhook",
                place=name,
                ts=self._inbox.stamp(self._clock()),
                text=_title(body),
                key=identifier,
                repeat=repeat,
                body=body if isinstance(body, dict) else {"body": body},
            )
        )
        return JSONResponse({"accepted": True, "repeat": repeat})


def _json(raw: bytes) -> Any:
    """The value, or ``None`` where there is none."""
    try:
        return json.loads(raw)
    except ValueError:
        return None


def _unusable(body: Any) -> str | None:
    """The error Slack answers for this body of an incoming webhook, if any."""
    if not isinstance(body, dict):
        return "invalid_payload"
    if not body.get("text") and not body.get("blocks"):
        return "no_text"
    return problem_with(body.get("blocks") or [])


def _title(body: Any) -> str:
    data = body.get("data") if isinstance(body, dict) else None
    title = data.get("title") if isinstance(data, dict) else None
    return title if isinstance(title, str) else ""


def _problem(
    secret: str, headers: Mapping[str, str], identifier: str, body: bytes, now: datetime
) -> str | None:
    """What is wrong with a delivery. Source: the Standard Webhooks specification.

    Signed is ``{id}.{timestamp}.{body}`` with HMAC-SHA256; ``webhook-signature`` holds one or
    more of ``v1,<base64>``, parted by spaces.
    """
    timestamp = headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "")
    if not (identifier and timestamp.isdigit() and given):
        return "webhook-id, webhook-timestamp and webhook-signature are needed"
    if abs(now.timestamp() - int(timestamp)) > _TOLERANCE:
        return "webhook-timestamp is too far from now"
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{identifier}.{timestamp}.".encode() + body
    expected = hmac.digest(key, signed, hashlib.sha256)
    for each in given.split():
        version, _, signature = each.partition(",")
        try:
            decoded = base64.b64decode(signature, validate=True)
        except binascii.Error:
            continue
        if version == "v1" and hmac.compare_digest(decoded, expected):
            return None
    return "no signature matches"
