"""Computing and comparing signatures: the pieces that vendors combine differently."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from enum import StrEnum

from pydantic import SecretStr

from connectors.base.errors import SignatureError

__all__ = ["Encoding", "digest", "require_header", "require_same"]


class Encoding(StrEnum):
    """How a signature is written."""

    HEX = "hex"
    BASE64 = "base64"


def digest(secret: SecretStr | bytes, *parts: bytes, algorithm: str = "sha256") -> bytes:
    """The HMAC of the parts one after another. ``algorithm``: sha1, sha256 or sha512."""
    key = secret if isinstance(secret, bytes) else secret.get_secret_value().encode()
    made = hmac.new(key, digestmod=getattr(hashlib, algorithm))
    for part in parts:
        made.update(part)
    return made.digest()


def require_header(headers: Mapping[str, str], name: str) -> str:
    """The header's value; raises ``SignatureError`` if it is absent. Names are lower case."""
    value = headers.get(name, "").strip()
    if not value:
        raise SignatureError(f"the delivery has no header {name}")
    return value


def require_same(expected: bytes, given: str, encoding: Encoding, *, prefix: str = "") -> None:
    """Compare in constant time; raises ``SignatureError``, which never shows what was expected."""
    text = given.strip()
    if not text.startswith(prefix):
        raise SignatureError(f"the signature does not begin with {prefix!r}")
    if not hmac.compare_digest(expected, _decoded(text[len(prefix) :], encoding)):
        raise SignatureError("the signature does not fit the body: wrong secret, or altered")


def _decoded(text: str, encoding: Encoding) -> bytes:
    """The bytes of a signature; bytes that fit nothing where it is no such text."""
    try:
        if encoding is Encoding.HEX:
            return bytes.fromhex(text)
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return b""
