"""Signatures of outgoing webhooks by Standard Webhooks (symmetric, ``v1``).

HMAC-SHA256 over ``id.timestamp.body``, base64, prefix ``v1,``; several keys give several
signatures parted by a space, so that a key can be replaced without a gap. Source:
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence

__all__ = ["signing_keys", "standard_headers", "webhook_id"]

_PREFIX = "whsec_"
_MIN_KEY, _MAX_KEY = 24, 64
_SAFE_ID = re.compile(r"[A-Za-z0-9_:/#@=+~-]{1,256}")


def signing_keys(secret: str) -> tuple[bytes, ...]:
    """Keys in a secret: ``whsec_`` and base64; a second one, after a space, is the former key.

    Raises ``ValueError``, which says what is wrong and never the secret.
    """
    parts = secret.split()
    if not parts:
        raise ValueError("the signing secret is empty")
    return tuple(_key(part) for part in parts)


def _key(part: str) -> bytes:
    try:
        key = base64.b64decode(part.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("the signing secret is not whsec_ followed by base64") from None
    if not _MIN_KEY <= len(key) <= _MAX_KEY:
        raise ValueError(
            f"the signing secret holds {len(key)} bytes; it must be {_MIN_KEY} to {_MAX_KEY}"
        )
    return key


def webhook_id(message_id: str) -> str:
    """The message's id as a header can carry it.

    The specification forbids a full stop in it (the signed text is parted by them), and
    headers forbid much else; such an id is replaced by its digest, the same each time.
    """
    if _SAFE_ID.fullmatch(message_id):
        return message_id
    return "msg_" + hashlib.sha256(message_id.encode()).hexdigest()


def standard_headers(
    keys: Sequence[bytes], *, identifier: str, timestamp: int, body: bytes
) -> Mapping[str, str]:
    """The three headers. ``timestamp`` is the attempt's, in seconds since the epoch."""
    signed = b".".join((identifier.encode(), str(timestamp).encode(), body))
    signatures = (base64.b64encode(hmac.digest(key, signed, hashlib.sha256)) for key in keys)
    return {
        "webhook-id": identifier,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{signature.decode()}" for signature in signatures),
    }
