"""A generic webhook, signed by Standard Webhooks.

The body is ``{"type": ..., "data": {...}}`` with the message as in
``notification.message.requested.v1``; it and ``webhook-id`` are the same at each attempt, so
that the receiver can drop a repeat. The receiver must treat ``data`` as text, not as HTML.

Any 2xx is success. 408, 425, 429 and 503 say that nothing was done; other 4xx refuse for
good, 3xx are not followed; other 5xx leave it open. Source: Standard Webhooks specification,
"Delivery success and failure".
"""

import hashlib
import json
import re
from datetime import datetime
from http import HTTPStatus
from typing import ClassVar

from pydantic import SecretStr

from connectors.base.contract import Clock
from connectors.base.errors import SignatureError
from connectors.base.webhooks.standard import StandardWebhooks
from connectors.destinations.contract import Attempt, Verdict
from connectors.destinations.http import Answer, Caller, Limits, Transport, host_of, status_name
from schemas.notification import MessageRequested

__all__ = ["EVENT_TYPE", "Webhook", "webhook_id"]

EVENT_TYPE = "notification.message.requested.v1"
_ANSWER_BYTES = 4_096
_SAFE_ID = re.compile(r"[A-Za-z0-9_:/#@=+~-]{1,256}")
_TRY_AGAIN = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.SERVICE_UNAVAILABLE,
    }
)
_REMEDY = {
    HTTPStatus.UNAUTHORIZED: "check that both sides have the same signing secret",
    HTTPStatus.FORBIDDEN: "check that both sides have the same signing secret",
    HTTPStatus.NOT_FOUND: "check the address in routes.yaml",
    HTTPStatus.METHOD_NOT_ALLOWED: "the address must take POST: check it in routes.yaml",
    HTTPStatus.GONE: "the receiver wants no more messages: take it out of routes.yaml",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "the receiver must take bodies of 100 kB",
}


class Webhook:
    """Any HTTP endpoint that takes signed messages."""

    deduplicates: ClassVar[bool] = True

    def __init__(
        self,
        *,
        url: str,
        secret: SecretStr,
        clock: Clock,
        transport: Transport | None = None,
        limits: Limits | None = None,
    ) -> None:
        """Raises ``ValueError`` for an unusable secret."""
        self._url = url.strip()
        self._signer = StandardWebhooks(secret)
        self._clock = clock
        try:
            self._signer.sign("probe", clock.now(), b"")
        except SignatureError as error:
            raise ValueError(str(error)) from None
        self._caller = Caller(clock, transport=transport, limits=limits)

    async def send(
        self,
        message: MessageRequested,
        *,
        repeat: bool,  # noqa: ARG002 - the receiver drops repeats by the id
        traceparent: str | None = None,
    ) -> Attempt:
        """Post the message, signed now."""
        body = _body(message)
        answer = await self._caller.call(
            "POST",
            self._url,
            headers={
                "content-type": "application/json",
                **self._signer.sign(webhook_id(message.message_id), self._clock.now(), body),
            },
            content=body,
            answer_bytes=_ANSWER_BYTES,
            traceparent=traceparent,
        )
        return answer if isinstance(answer, Attempt) else self._judge(answer)

    async def find(self, message: MessageRequested, since: datetime) -> Attempt | None:  # noqa: ARG002 - the contract's arguments
        """A webhook cannot be asked; the receiver drops repeats itself."""
        return None

    async def close(self) -> None:
        """Let connections go."""
        await self._caller.close()

    def _judge(self, answer: Answer) -> Attempt:
        host, said = host_of(self._url), status_name(answer.status)
        if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            return Attempt(Verdict.DELIVERED)
        if answer.status in _TRY_AGAIN:
            return Attempt(
                Verdict.RETRY, f"{host} answered {said}; it is tried again", answer.retry_after
            )
        if HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
            return Attempt(
                Verdict.REFUSED,
                f"{host} answers with a redirect ({said}), which is not followed: put the final "
                "address into routes.yaml",
            )
        if HTTPStatus.BAD_REQUEST <= answer.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            remedy = next(
                (text for status, text in _REMEDY.items() if status == answer.status),
                "see the receiver's log",
            )
            return Attempt(Verdict.REFUSED, f"{host} refused the message with {said}: {remedy}")
        return Attempt(
            Verdict.UNKNOWN,
            f"{host} answered {said}; the message may have arrived, it is tried again",
            answer.retry_after,
        )


def webhook_id(message_id: str) -> str:
    """The message's id as a header can carry it.

    The specification forbids a full stop in it (the signed text is parted by them), and
    headers forbid much else; such an id is replaced by its digest, the same each time.
    """
    if _SAFE_ID.fullmatch(message_id):
        return message_id
    return "msg_" + hashlib.sha256(message_id.encode()).hexdigest()


def _body(message: MessageRequested) -> bytes:
    data = message.model_dump(mode="json", exclude_none=True)
    return json.dumps({"type": EVENT_TYPE, "data": data}, separators=(",", ":")).encode()
