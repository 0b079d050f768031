"""Standard Webhooks (standardwebhooks.com): the common format of newer vendors and of ours.

Headers ``webhook-id``, ``webhook-timestamp`` (seconds) and ``webhook-signature``, which lists
``v1,<base64>`` separated by spaces, so that a secret can be changed without a gap. Signed is
``<id>.<timestamp>.<raw body>`` with HMAC-SHA256; the secret is base64 after ``whsec_``.
"""

import base64
import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import SecretStr

from connectors.base.errors import SignatureError
from connectors.base.webhooks.freshness import require_fresh
from connectors.base.webhooks.signature import digest, require_header

__all__ = ["StandardWebhooks"]

_PREFIX = "whsec_"


@dataclass(frozen=True, slots=True)
class StandardWebhooks:
    """Signs and verifies deliveries under one secret."""

    secret: SecretStr = field(repr=False)

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
        """The delivery's id, which is its idempotency key; raises ``SignatureError``."""
        identifier = require_header(headers, "webhook-id")
        timestamp = require_header(headers, "webhook-timestamp")
        given = require_header(headers, "webhook-signature")
        expected = self._signature(identifier, timestamp, body)
        # every entry is compared, so that the time taken says nothing about which one fits
        fits = [hmac.compare_digest(expected.encode(), one.encode()) for one in given.split()]
        if not any(fits):
            raise SignatureError("no signature fits the body: wrong secret, or altered")
        if not timestamp.isdigit():
            raise SignatureError("webhook-timestamp is no number of seconds")
        require_fresh(timestamp, now)
        return identifier

    def sign(self, identifier: str, moment: datetime, body: bytes) -> dict[str, str]:
        """The headers of a delivery of ours."""
        timestamp = str(int(moment.timestamp()))
        return {
            "webhook-id": identifier,
            "webhook-timestamp": timestamp,
            "webhook-signature": self._signature(identifier, timestamp, body),
        }

    def _signature(self, identifier: str, timestamp: str, body: bytes) -> str:
        signed = f"{identifier}.{timestamp}.".encode()
        return "v1," + base64.b64encode(digest(self._key(), signed, body)).decode()

    def _key(self) -> bytes:
        text = self.secret.get_secret_value()
        try:
            return base64.b64decode(text.removeprefix(_PREFIX), validate=True)
        except binascii.Error:
            raise SignatureError("the configured secret is not base64 after whsec_") from None
