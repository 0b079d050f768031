"""Which addresses a page may link to: those that only ever open a web page."""

from urllib.parse import urlsplit

__all__ = ["web_link"]

_MAX = 2_048


def web_link(address: str | None) -> str | None:
    """The address if it is plain http or https with a host, else ``None``.

    Refused: other schemes (``javascript:``, ``data:``), white space and control characters
    (browsers drop them and may see another scheme), a user part (it makes one host look like
    another), and back-slashes (browsers take them for slashes).
    """
    if not address or len(address) > _MAX or "\\" in address:
        return None
    if any(character <= " " or not character.isprintable() for character in address):
        return None
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 - reading it raises for a port that is none
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        return None
    return address
