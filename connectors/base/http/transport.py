"""The real way to the network; tests bring their own."""

import httpx

__all__ = ["AsyncTransport", "Borrowed", "network"]

AsyncTransport = httpx.AsyncBaseTransport
"""A way to the network."""


def network() -> httpx.AsyncBaseTransport:
    """HTTP/1.1 with certificates checked; a failed connection is tried once more.

    ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` name further authorities.
    """
    return httpx.AsyncHTTPTransport(
        retries=1, limits=httpx.Limits(max_connections=10, max_keepalive_connections=5)
    )


class Borrowed(httpx.AsyncBaseTransport):
    """Somebody else's transport: several sources share one, and none of them closes it."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the request on."""
        return await self._transport.handle_async_request(request)
