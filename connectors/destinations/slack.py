"""Slack through its web API: ``chat.postMessage``.

``chat.postMessage`` is not idempotent, so each message carries its id as message metadata,
and before a repeat the channel's history is asked for it. That needs the scope
``channels:history`` (``groups:history`` in a private channel) and, where the configuration
names the channel instead of giving its id, ``channels:read``; without them nothing can be
looked up, and a repeat is marked as one.

Errors come as HTTP 200 with ``ok: false``. Limits: about one message a second and channel,
answers 429 with ``Retry-After``. Source: Slack API reference, methods ``chat.postMessage``,
``conversations.history`` (``include_all_metadata``), ``conversations.list``.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, ClassVar

from pydantic import SecretStr

from connectors.base.contract import Clock
from connectors.destinations.contract import Attempt, People, Verdict
from connectors.destinations.http import Answer, Caller, Limits, Transport, status_name
from connectors.destinations.slack_blocks import render
from connectors.destinations.slack_errors import attempt_for
from schemas.notification import MessageRequested

__all__ = ["EVENT_TYPE", "Slack"]

EVENT_TYPE = "productops_message"
"""``event_type`` of the metadata; ``event_payload`` holds ``message_id``."""

_CHANNEL_ID = re.compile(r"[CGD][A-Z0-9]{6,}")
_PRINTABLE = re.compile(r"[\x21-\x7e]+")
_STAMP = re.compile(r"\d{1,12}\.\d{1,9}")
_SKEW = timedelta(minutes=10)
"""How far Slack's clock and ours may be apart."""
_PAGE = 200
_PAGES = 10
_HISTORY_BYTES = 4 * 1_048_576
_BUSY = {
    HTTPStatus.TOO_MANY_REQUESTS: "ratelimited",
    HTTPStatus.SERVICE_UNAVAILABLE: "service_unavailable",
}


class Slack:
    """A channel, written to by a bot."""

    deduplicates: ClassVar[bool] = False

    def __init__(
        self,
        *,
        channel: str,
        token: SecretStr,
        clock: Clock,
        people: People,
        api_url: str = "https://slack.com/api",
        transport: Transport | None = None,
        limits: Limits | None = None,
    ) -> None:
        """Raises ``ValueError`` for a token that cannot be a header's value."""
        secret = token.get_secret_value().strip()
        if not _PRINTABLE.fullmatch(secret):
            raise ValueError("the Slack token holds spaces or other characters no token has")
        self._channel = channel.strip()
        self._channel_id = self._channel if _CHANNEL_ID.fullmatch(self._channel) else None
        self._people = people
        self._base = api_url.rstrip("/")
        self._headers = {"authorization": f"Bearer {secret}"}
        self._caller = Caller(clock, transport=transport, limits=limits)

    async def send(
        self, message: MessageRequested, *, repeat: bool, traceparent: str | None = None
    ) -> Attempt:
        """Post the message; its id travels as metadata."""
        rendered = render(message, self._people, repeat=repeat)
        body = {
            "channel": self._channel_id or self._channel,
            "text": rendered.text,
            "blocks": rendered.blocks,
            "metadata": {
                "event_type": EVENT_TYPE,
                "event_payload": {"message_id": message.message_id},
            },
            "unfurl_links": False,
            "unfurl_media": False,
        }
        answer = await self._caller.call(
            "POST",
            f"{self._base}/chat.postMessage",
            headers=self._headers | {"content-type": "application/json; charset=utf-8"},
            content=json.dumps(body).encode(),
            traceparent=traceparent,
        )
        read = _read(answer)
        if isinstance(read, Attempt):
            return read
        channel, stamp = read.get("channel"), read.get("ts")
        if isinstance(channel, str) and _CHANNEL_ID.fullmatch(channel):
            self._channel_id = channel
        return Attempt(Verdict.DELIVERED, reference=_reference(channel, stamp))

    async def find(self, message: MessageRequested, since: datetime) -> Attempt | None:
        """Look for the message's id in the channel's history since the first attempt."""
        channel = self._channel_id or await self._named_channel()
        if not isinstance(channel, str):
            return channel
        query = {
            "channel": channel,
            "oldest": f"{(since - _SKEW).timestamp():.6f}",
            "inclusive": "true",
            "include_all_metadata": "true",
            "limit": str(_PAGE),
        }
        for _ in range(_PAGES):
            page = await self._ask("conversations.history", query)
            if not isinstance(page, Mapping):
                return page
            for post in _items(page, "messages"):
                if _carries(post, message.message_id):
                    reference = _reference(channel, post.get("ts"))
                    return Attempt(Verdict.DELIVERED, reference=reference)
            cursor = _cursor(page)
            if not cursor:
                if page.get("has_more"):
                    return None  # there is more, and no way to it
                return Attempt(Verdict.RETRY, "not in the channel's history")
            query["cursor"] = cursor
        return None

    async def close(self) -> None:
        """Let connections go."""
        await self._caller.close()

    async def _named_channel(self) -> str | Attempt | None:
        """Id of the channel that configuration names; history takes ids only."""
        name = self._channel.removeprefix("#")
        query = {
            "exclude_archived": "true",
            "limit": "1000",
            "types": "public_channel,private_channel",
        }
        for _ in range(_PAGES):
            page = await self._ask("conversations.list", query)
            if not isinstance(page, Mapping):
                return page
            for channel in _items(page, "channels"):
                found = channel.get("id")
                if channel.get("name") == name and isinstance(found, str):
                    self._channel_id = found
                    return found
            query["cursor"] = _cursor(page)
            if not query["cursor"]:
                break
        return None

    async def _ask(
        self, method: str, query: Mapping[str, str]
    ) -> Mapping[str, Any] | Attempt | None:
        """A page, ``Attempt(UNKNOWN)`` to ask again later, or ``None``: it cannot be asked."""
        answer = await self._caller.call(
            "GET",
            f"{self._base}/{method}",
            headers=self._headers,
            params=query,
            answer_bytes=_HISTORY_BYTES,
        )
        read = _read(answer)
        if not isinstance(read, Attempt):
            return read
        if read.verdict is Verdict.REFUSED:
            return None
        reason = f"whether it arrived could not be looked up: {read.reason}"
        return Attempt(Verdict.UNKNOWN, reason, read.retry_after)


def _read(answer: Answer | Attempt) -> Mapping[str, Any] | Attempt:
    """The body of an ``ok`` answer, or how the attempt ended."""
    if isinstance(answer, Attempt):
        return answer
    body = _object(answer)
    if answer.status == HTTPStatus.OK and body is not None and body.get("ok") is True:
        return body
    return _failure(answer, body)


def _failure(answer: Answer, body: Mapping[str, Any] | None) -> Attempt:
    status, said = answer.status, status_name(answer.status)
    if status in _BUSY:
        return attempt_for(_BUSY[HTTPStatus(status)], retry_after=answer.retry_after)
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return Attempt(
            Verdict.REFUSED,
            f"the address answers with a redirect ({said}), which is not followed: "
            "correct api_url in routes.yaml",
        )
    if body is not None and body.get("ok") is False:
        return attempt_for(body.get("error"), retry_after=answer.retry_after)
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return Attempt(
            Verdict.REFUSED, f"Slack answered {said}: check api_url and the token in routes.yaml"
        )
    return Attempt(
        Verdict.UNKNOWN,
        f"Slack's answer ({said}) was not understood; the message may have arrived",
        answer.retry_after,
    )


def _object(answer: Answer) -> Mapping[str, Any] | None:
    if not answer.complete:
        return None
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _items(page: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    items = page.get(name)
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _cursor(page: Mapping[str, Any]) -> str:
    metadata = page.get("response_metadata")
    cursor = metadata.get("next_cursor") if isinstance(metadata, dict) else None
    return cursor if isinstance(cursor, str) else ""


def _carries(post: Mapping[str, Any], message_id: str) -> bool:
    metadata = post.get("metadata")
    if not isinstance(metadata, dict) or metadata.get("event_type") != EVENT_TYPE:
        return False
    payload = metadata.get("event_payload")
    return isinstance(payload, dict) and payload.get("message_id") == message_id


def _reference(channel: object, stamp: object) -> str | None:
    """``channel/ts``, from values of the expected form only."""
    if not isinstance(channel, str) or not _CHANNEL_ID.fullmatch(channel):
        return None
    if not isinstance(stamp, str) or not _STAMP.fullmatch(stamp):
        return None
    return f"{channel}/{stamp}"
