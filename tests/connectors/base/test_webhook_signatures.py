"""Proof of origin."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from connectors.base.errors import SignatureError
from connectors.base.webhooks import (
    Encoding,
    StandardWebhooks,
    digest,
    require_fresh,
    require_header,
    require_same,
)

NOW = datetime(2026, 3, 10, 12, 0, 0, tzinfo=UTC)

# published with the Standard Webhooks specification's libraries
SECRET = SecretStr("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
BODY = b'{"test": 2432232314}'
HEADERS = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
SENT = datetime.fromtimestamp(1614265330, tz=UTC)


def test_the_published_example_verifies() -> None:
    """The id of the delivery comes back: it is the idempotency key."""
    assert StandardWebhooks(SECRET).verify(HEADERS, BODY, SENT) == "msg_p5jXN8AQM9LWM0D4loKWxJek"


def test_one_of_several_signatures_is_enough() -> None:
    """While a secret is changed, a delivery carries a signature under each."""
    both = {**HEADERS, "webhook-signature": f"v1,AAAA v2,x {HEADERS['webhook-signature']}"}
    StandardWebhooks(SECRET).verify(both, BODY, SENT)


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
        {"webhook-id": "msg_other"},
        {"webhook-timestamp": "1614265331"},
        {"webhook-timestamp": "soon"},
        {"webhook-id": ""},
        {"webhook-signature": "v1,\u00e9"},
    ],
)
def test_a_changed_delivery_is_refused(change: dict[str, str]) -> None:
    """Every signed part counts."""
    with pytest.raises(SignatureError):
        StandardWebhooks(SECRET).verify({**HEADERS, **change}, BODY, SENT)


def test_a_kept_delivery_is_refused_later() -> None:
    """Five minutes are the tolerance, in both directions; the body counts too."""
    webhooks = StandardWebhooks(SECRET)
    for shift in (timedelta(minutes=-5), timedelta(minutes=5)):
        webhooks.verify(HEADERS, BODY, SENT + shift)
    for shift in (timedelta(minutes=-5, seconds=-1), timedelta(minutes=5, seconds=1)):
        with pytest.raises(SignatureError, match="minutes"):
            webhooks.verify(HEADERS, BODY, SENT + shift)
    with pytest.raises(SignatureError):
        webhooks.verify(HEADERS, BODY + b" ", SENT)


def test_what_we_sign_others_can_verify() -> None:
    """Signing and verifying fit; the secret is in no representation."""
    webhooks = StandardWebhooks(SECRET)
    assert webhooks.verify(webhooks.sign("m1", NOW, b"x"), b"x", NOW) == "m1"
    assert webhooks.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", SENT, BODY) == HEADERS
    assert "MfKQ" not in repr(webhooks)


def test_a_secret_that_is_none_refuses() -> None:
    """A secret that is not base64 verifies nothing, and is not shown."""
    with pytest.raises(SignatureError, match="base64") as caught:
        StandardWebhooks(SecretStr("whsec_***")).verify(HEADERS, BODY, SENT)
    assert "***" not in str(caught.value)


@pytest.mark.parametrize("given", ["", "zz", "00", "sha256=", "\u00e9\u00e9", "a" * 10_000])
def test_a_signature_that_is_no_text_of_its_kind_is_refused(given: str) -> None:
    """Bad hexadecimal, bad base64, a missing prefix: all are refusals, none is a crash."""
    expected = digest(b"key", b"body")
    for encoding in Encoding:
        with pytest.raises(SignatureError):
            require_same(expected, given, encoding)
    with pytest.raises(SignatureError):
        require_same(expected, expected.hex(), Encoding.HEX, prefix="sha256=")
    require_same(expected, f"sha256={expected.hex()}", Encoding.HEX, prefix="sha256=")


def test_a_missing_header_is_named() -> None:
    """The refusal says which header is absent."""
    with pytest.raises(SignatureError, match="x-signature"):
        require_header({"x-signature": " "}, "x-signature")


@pytest.mark.parametrize("sent", ["", "x", "9" * 40, "2026-99-99T00:00:00Z"])
def test_a_time_that_is_none_is_refused(sent: str) -> None:
    """Freshness needs a time."""
    with pytest.raises(SignatureError):
        require_fresh(sent, NOW)


@pytest.mark.shared
def test_vectors_of_other_vendors(shared: Path) -> None:
    """The pieces make the signatures that Slack, Airtable and Qualtrics publish."""
    vectors = json.loads((shared / "payloads" / "signature_vectors.json").read_text())
    by_vendor = {each["vendor"]: each for each in vectors}
    slack = by_vendor["slack"]
    signed = f"v0:{slack['timestamp']}:{slack['body']}".encode()
    require_same(
        digest(slack["secret"].encode(), signed), slack["value"], Encoding.HEX, prefix="v0="
    )
    airtable = by_vendor["airtable"]
    key = base64.b64decode(airtable["mac_secret_base64"])
    require_same(
        digest(key, airtable["body"].encode()),
        airtable["value"],
        Encoding.HEX,
        prefix="hmac-sha256=",
    )
    qualtrics = by_vendor["qualtrics"]
    made = digest(qualtrics["secret"].encode(), qualtrics["msg"].encode(), algorithm="sha512")
    require_same(made, qualtrics["value"], Encoding.HEX)
