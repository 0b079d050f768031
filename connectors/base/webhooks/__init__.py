"""Proof that a webhook delivery comes from whom it claims to.

Every check is over the raw bytes of the body, in constant time, before anything is parsed.
"""

from connectors.base.webhooks.freshness import require_fresh
from connectors.base.webhooks.signature import Encoding, digest, require_header, require_same
from connectors.base.webhooks.standard import StandardWebhooks

__all__ = [
    "Encoding",
    "StandardWebhooks",
    "digest",
    "require_fresh",
    "require_header",
    "require_same",
]
