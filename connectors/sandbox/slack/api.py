"""Slack's web API, as far as a bot that announces things needs it.

Errors come as HTTP 200 with ``ok: false``, except for ``ratelimited``, which is a 429 with
``Retry-After``. Source: Slack's API reference, methods ``chat.postMessage``,
``conversations.history``, ``conversations.list``, ``auth.test``.
"""

import json
import math
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from connectors.sandbox.budget import Budget
from connectors.sandbox.slack.blocks import problem_with
from connectors.sandbox.slack.inbox import Inbox, Received, key_of
from connectors.sandbox.slack.workspace import Channel, Workspace

__all__ = ["WebApi"]

BOT_USER = "U05BOT0001"
BOT = "B05BOT0001"
TEAM = "T05LARK01"
MAX_TEXT = 40_000
_BURST = 3
"""Messages a channel takes at once before the rate counts."""
_HISTORY_MOST = 999
_HISTORY_DEFAULT = 100


class _Refused(Exception):  # noqa: N818 - it is an answer
    """An answer with ``ok: false``."""


def rate_limited(wait: float) -> Response:
    """The answer to a call too many."""
    headers = {"Retry-After": str(max(1, math.ceil(wait)))}
    return JSONResponse({"ok": False, "error": "ratelimited"}, 429, headers)


class WebApi:
    """Endpoints under ``/api``."""

    def __init__(
        self,
        workspace: Workspace,
        inbox: Inbox,
        *,
        per_second: float,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._workspace = workspace
        self._inbox = inbox
        self._clock = clock
        self._budgets = {
            channel.id: Budget(_BURST, monotonic, window=_BURST / per_second)
            for channel in workspace.channels
        }

    def budget(self, channel_id: str) -> Budget:
        """What the channel still takes."""
        return self._budgets[channel_id]

    async def call(self, request: Request) -> Response:
        """``/api/{method}``."""
        method = request.path_params["method"]
        try:
            self._authenticate(request)
            arguments = await _arguments(request)
            if method == "chat.postMessage":
                return self._post_message(arguments)
            if method == "conversations.history":
                return self._history(arguments)
            if method == "conversations.list":
                return self._list(arguments)
            if method == "auth.test":
                return self._auth_test(request)
        except _Refused as refused:
            return JSONResponse({"ok": False, "error": str(refused)})
        return JSONResponse({"ok": False, "error": "unknown_method", "req_method": method})

    def _authenticate(self, request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise _Refused("not_authed")
        if token != self._workspace.token:
            raise _Refused("invalid_auth")

    def _post_message(self, arguments: Mapping[str, Any]) -> Response:
        channel = self._workspace.channel(str(arguments.get("channel", "")))
        if channel is None:
            raise _Refused("channel_not_found")
        if not channel.member:
            raise _Refused("not_in_channel")
        text, blocks = arguments.get("text") or "", arguments.get("blocks") or []
        if not text and not blocks:
            raise _Refused("no_text")
        if len(text) > MAX_TEXT:
            raise _Refused("msg_too_long")
        if problem := problem_with(blocks):
            raise _Refused(problem)
        metadata = _metadata(arguments.get("metadata"))
        if wait := self._budgets[channel.id].take():
            return rate_limited(wait)
        message = Received(
            via="api",
            place=channel.id,
            ts=self._inbox.stamp(self._clock()),
            text=text,
            blocks=blocks,
            metadata=metadata,
            key=key_of(metadata),
        )
        self._inbox.add(message)
        shown = _message(message, with_metadata=True)
        return JSONResponse({"ok": True, "channel": channel.id, "ts": message.ts, "message": shown})

    def _history(self, arguments: Mapping[str, Any]) -> Response:
        # names are refused here, other than in chat.postMessage: history takes ids only
        wanted = str(arguments.get("channel", ""))
        channel = next((c for c in self._workspace.channels if c.id == wanted), None)
        if channel is None:
            raise _Refused("channel_not_found")
        if not channel.member:
            raise _Refused("not_in_channel")
        oldest, latest = _stamp(arguments, "oldest", 0.0), _stamp(arguments, "latest", math.inf)
        before = _stamp(arguments, "cursor", math.inf)
        inclusive = _true(arguments.get("inclusive"))
        size = min(max(1, int(_stamp(arguments, "limit", _HISTORY_DEFAULT))), _HISTORY_MOST)

        def within(message: Received) -> bool:
            ts = float(message.ts)
            inside = oldest <= ts <= latest if inclusive else oldest < ts < latest
            return inside and ts < before

        found = [m for m in reversed(self._inbox.messages(channel.id)) if within(m)]
        page = found[:size]
        more = len(found) > len(page)
        with_metadata = _true(arguments.get("include_all_metadata"))
        return JSONResponse(
            {
                "ok": True,
                "messages": [_message(m, with_metadata=with_metadata) for m in page],
                "has_more": more,
                "pin_count": 0,
                "response_metadata": {"next_cursor": page[-1].ts if more else ""},
            }
        )

    def _list(self, arguments: Mapping[str, Any]) -> Response:
        del arguments
        return JSONResponse(
            {
                "ok": True,
                "channels": [_channel(channel) for channel in self._workspace.channels],
                "response_metadata": {"next_cursor": ""},
            }
        )

    def _auth_test(self, request: Request) -> Response:
        return JSONResponse(
            {
                "ok": True,
                "url": str(request.base_url),
                "team": self._workspace.name,
                "user": "productops",
                "team_id": TEAM,
                "user_id": BOT_USER,
                "bot_id": BOT,
                "is_enterprise_install": False,
            }
        )


async def _arguments(request: Request) -> Mapping[str, Any]:
    """Arguments from the query, a form or JSON, which is how Slack takes them."""
    arguments: dict[str, Any] = dict(request.query_params)
    kind = request.headers.get("content-type", "").partition(";")[0]
    if kind == "application/json":
        try:
            body = json.loads(await request.body())
        except ValueError:
            raise _Refused("invalid_json") from None
        if not isinstance(body, dict):
            raise _Refused("json_not_object")
        return arguments | body
    if kind == "application/x-www-form-urlencoded":
        arguments |= {name: str(value) for name, value in (await request.form()).items()}
        for name in ("blocks", "metadata"):
            if name in arguments:
                arguments[name] = _parsed(arguments[name])
    return arguments


def _parsed(raw: str) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        raise _Refused("invalid_arguments") from None


def _metadata(raw: Any) -> Mapping[str, Any] | None:
    if raw is None:
        return None
    well_formed = (
        isinstance(raw, dict)
        and isinstance(raw.get("event_type"), str)
        and isinstance(raw.get("event_payload"), dict)
    )
    if not well_formed:
        raise _Refused("invalid_metadata_format")
    return raw  # type: ignore[no-any-return]


def _stamp(arguments: Mapping[str, Any], name: str, default: float) -> float:
    raw = arguments.get(name)
    if raw in {None, ""}:
        return default
    try:
        return float(str(raw))
    except ValueError:
        raise _Refused("invalid_cursor" if name == "cursor" else f"invalid_ts_{name}") from None


def _true(raw: Any) -> bool:
    return str(raw).lower() in {"1", "true"}


def _message(message: Received, *, with_metadata: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "type": "message",
        "subtype": "bot_message",
        "text": message.text,
        "ts": message.ts,
        "bot_id": BOT,
        "blocks": list(message.blocks),
    }
    if with_metadata and message.metadata:
        shown["metadata"] = message.metadata
    return shown


def _channel(channel: Channel) -> dict[str, Any]:
    return {
        "id": channel.id,
        "name": channel.name,
        "is_channel": True,
        "is_archived": False,
        "is_private": False,
        "is_member": channel.member,
        "purpose": {"value": channel.purpose},
    }
