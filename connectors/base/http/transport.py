"""The real way to the network; tests bring their own."""

import httpx

__all__ = ["network"]


def network() -> httpx.AsyncBaseTransport:
    """HTTP/1.1 with certificates checked; a failed connection is tried once more.

    ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` name further authorities.
    """
    return httpx.AsyncHTTPTransport(
        retries=1, limits=httpx.Limits(max_connections=10, max_keepalive_connections=5)
    )
