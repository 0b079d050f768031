"""Slack through an incoming webhook: an address that takes messages and tells nothing back.

It can neither drop a repeat nor say what has arrived, so a repeat is marked in the text.
Success is HTTP 200 with the body ``ok``; errors are a status with a code as plain text.
Source: Slack, "Sending messages using incoming webhooks". About one message a second.
"""

import json
from datetime import datetime
from http import HTTPStatus
from typing import ClassVar

from pydantic import SecretStr

from connectors.base.contract import Clock
from connectors.destinations.contract import Attempt, People, Verdict
from connectors.destinations.http import Answer, Caller, Limits, Transport, host_of, status_name
from connectors.destinations.slack_blocks import render
from connectors.destinations.slack_errors import attempt_for
from schemas.notification import MessageRequested

__all__ = ["SlackWebhook"]

_ANSWER_BYTES = 4_096


class SlackWebhook:
    """A channel, written to through an incoming webhook."""

    deduplicates: ClassVar[bool] = False

    def __init__(
        self,
        *,
        url: SecretStr,
        clock: Clock,
        people: People,
        transport: Transport | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._url = url.get_secret_value().strip()
        self._people = people
        self._caller = Caller(clock, transport=transport, limits=limits)

    async def send(
        self, message: MessageRequested, *, repeat: bool, traceparent: str | None = None
    ) -> Attempt:
        """Post the message."""
        rendered = render(message, self._people, repeat=repeat)
        body = {
            "text": rendered.text,
            "blocks": rendered.blocks,
            "unfurl_links": False,
            "unfurl_media": False,
        }
        answer = await self._caller.call(
            "POST",
            self._url,
            headers={"content-type": "application/json; charset=utf-8"},
            content=json.dumps(body).encode(),
            answer_bytes=_ANSWER_BYTES,
            traceparent=traceparent,
        )
        return answer if isinstance(answer, Attempt) else self._judge(answer)

    async def find(self, message: MessageRequested, since: datetime) -> Attempt | None:  # noqa: ARG002 - the contract's arguments
        """An incoming webhook cannot be asked."""
        return None

    async def close(self) -> None:
        """Let connections go."""
        await self._caller.close()

    def _judge(self, answer: Answer) -> Attempt:
        code = answer.body.decode("utf-8", "replace").strip() if answer.complete else ""
        host = host_of(self._url)
        if answer.status == HTTPStatus.OK and code == "ok":
            return Attempt(Verdict.DELIVERED)
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            return attempt_for("ratelimited", retry_after=answer.retry_after)
        if answer.status == HTTPStatus.SERVICE_UNAVAILABLE:
            return attempt_for("service_unavailable", retry_after=answer.retry_after)
        if HTTPStatus.BAD_REQUEST <= answer.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return attempt_for(code)
        if HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
            return Attempt(
                Verdict.REFUSED,
                f"{host} answers with a redirect ({status_name(answer.status)}), which is not "
                "followed: check the webhook's address that routes.yaml refers to",
            )
        return Attempt(
            Verdict.UNKNOWN,
            f"the answer of {host} ({status_name(answer.status)}) was not understood; "
            "the message may have arrived",
            answer.retry_after,
        )
