"""Addresses people put into settings: safe to send credentials to."""

import ipaddress
from urllib.parse import urlsplit

__all__ = ["checked_base_url"]


def checked_base_url(url: str) -> str:
    """The address without a trailing slash; raises ``ValueError`` with the reason.

    Plain ``http`` is for this machine and private networks (a sandbox): anywhere else the
    token would cross the Internet in the open.
    """
    parts = urlsplit(url.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("expected an address like https://company.example.com")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("an address has no credentials, query or fragment in it")
    if parts.scheme == "http" and not _private(parts.hostname):
        raise ValueError("http would send the token in the open: write https")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def _private(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith((".localhost", ".local", ".internal"))
    return address.is_private or address.is_loopback
