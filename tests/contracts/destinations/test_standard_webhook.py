"""The signed webhook: signature, key, body."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from connectors.base.webhooks.signature import digest
from connectors.base.webhooks.standard import StandardWebhooks
from connectors.destinations.contract import Verdict
from connectors.destinations.webhook import Webhook, webhook_id
from schemas.notification import MessageRequested

Make = Callable[..., MessageRequested]
Case = Any
Network = Any


class TestClock:
    """A fixed time."""

    __test__ = False

    def __init__(self, seconds: int) -> None:
        self._now = datetime.fromtimestamp(seconds, UTC)

    def now(self) -> datetime:
        """The time in UTC."""
        return self._now


def test_the_published_example_is_reproduced() -> None:
    """Secret, id, time, body and signature as the reference libraries of the standard test it."""
    signed = StandardWebhooks(SecretStr("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")).sign(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        datetime.fromtimestamp(1_614_265_330, UTC),
        b'{"test": 2432232314}',
    )
    assert signed == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


async def test_a_delivery_carries_a_signature_over_what_was_sent(
    webhook_case: Case, network: Network, make_message: Make
) -> None:
    """A receiver that follows the specification, written down here anew, accepts the request."""
    network.script = [httpx.Response(200)]
    await webhook_case.destination(network).send(make_message(), repeat=False)
    (request,) = network.requests
    key = base64.b64decode(webhook_case.secrets[0].removeprefix("whsec_"))
    signed = b"%s.%s.%s" % (
        request.headers["webhook-id"].encode(),
        request.headers["webhook-timestamp"].encode(),
        request.content,
    )
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert request.headers["webhook-signature"] == f"v1,{expected}"
    moment = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    assert request.headers["webhook-timestamp"] == str(int(moment.timestamp()))


async def test_the_body_is_the_message_with_its_type(
    webhook_case: Case, network: Network, make_message: Make
) -> None:
    """``type`` and ``data``; the data read back as the message, hostile words included."""
    message = make_message(body='<script>"&\u2028\u202e', title="@channel")
    network.script = [httpx.Response(200)]
    await webhook_case.destination(network).send(message, repeat=False)
    body = json.loads(network.requests[0].content)
    assert body["type"] == "notification.message.requested.v1"
    assert MessageRequested.model_validate(body["data"]) == message
    assert network.requests[0].content.isascii()


@pytest.mark.parametrize(
    "message_id", ["feedback/a.csv:row:1/1/x", "m\r\nx-evil: 1", "naïve", " ", "x" * 257, "1.2.3"]
)
def test_an_id_that_no_header_may_carry_is_replaced_by_its_digest(message_id: str) -> None:
    """Full stops would blur what is signed, others break the header; the digest is stable."""
    identifier = webhook_id(message_id)
    assert identifier == "msg_" + hashlib.sha256(message_id.encode()).hexdigest()


@pytest.mark.parametrize("message_id", ["feedback/support:ticket:1/2/team", "a" * 256, "_-~"])
def test_any_other_id_is_carried_as_it_is(message_id: str) -> None:
    """The receiver sees the id that the events carry."""
    assert webhook_id(message_id) == message_id


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_any_2xx_is_success(
    webhook_case: Case, network: Network, make_message: Make, status: int
) -> None:
    """What the body says does not matter."""
    network.script = [httpx.Response(status, text="error!")]
    attempt = await webhook_case.destination(network).send(make_message(), repeat=False)
    assert attempt.verdict is Verdict.DELIVERED


@pytest.mark.parametrize("status", [408, 425])
async def test_too_early_or_too_slow_is_tried_again(
    webhook_case: Case, network: Network, make_message: Make, status: int
) -> None:
    """These statuses say that nothing was done."""
    network.script = [httpx.Response(status)]
    attempt = await webhook_case.destination(network).send(make_message(), repeat=False)
    assert attempt.verdict is Verdict.RETRY


def test_an_unusable_secret_is_refused_at_the_start() -> None:
    """Not at the first message, and without showing it."""
    with pytest.raises(ValueError, match="secret") as caught:
        Webhook(
            url="https://tools.test/x", secret=SecretStr("whsec_not base64!"), clock=TestClock(0)
        )
    assert "not base64!" not in str(caught.value)


@pytest.mark.shared
def test_recorded_vectors_of_the_same_arithmetic_agree(shared: Path) -> None:
    """Vectors of vendors that sign with HMAC-SHA256 over parts: our digest gives theirs."""
    vectors = json.loads((shared / "payloads/signature_vectors.json").read_text())
    slack = next(vector for vector in vectors if vector["vendor"] == "slack")
    signed = f"v0:{slack['timestamp']}:".encode()
    made = digest(SecretStr(slack["secret"]), signed, slack["body"].encode())
    assert f"v0={made.hex()}" == slack["value"]
    airtable = next(vector for vector in vectors if vector["vendor"] == "airtable")
    key = base64.b64decode(airtable["mac_secret_base64"])
    assert airtable["value"] == f"hmac-sha256={digest(key, airtable['body'].encode()).hex()}"
