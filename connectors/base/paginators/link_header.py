"""Paging by the ``Link`` header (RFC 8288), as GitHub and many others do."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urljoin, urlsplit

from connectors.base.errors import ConfigurationError, TransientError

__all__ = ["LinkPages"]

_LINK = re.compile(r"<([^>]*)>\s*((?:;\s*[\w*-]+\s*=\s*(?:\"[^\"]*\"|[^\",;\s]+)\s*)*)")
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\",;\s]+))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class LinkPages:
    """Follows ``rel="next"`` as long as it stays on the vendor's own host."""

    base_url: str

    def following(self, headers: Mapping[str, str]) -> tuple[str, dict[str, str]] | None:
        """Path and parameters of the next page; ``None`` at the end.

        Raises ``ConfigurationError`` if the link leads to another host, ``TransientError`` if
        it leads nowhere.
        """
        target = self._next(headers.get("link") or headers.get("Link") or "")
        if target is None:
            return None
        base = urlsplit(self.base_url)
        try:
            url = urlsplit(urljoin(self.base_url, target))
        except ValueError:
            raise TransientError("the link to the next page is no address") from None
        if (url.scheme, url.netloc) != (base.scheme, base.netloc):
            raise ConfigurationError(
                f"the next page is said to be on another host ({url.hostname})",
                remedy="set the address in the source's settings to the vendor's present host",
            )
        return url.path, dict(parse_qsl(url.query, keep_blank_values=True))

    def _next(self, header: str) -> str | None:
        for target, parameters in _LINK.findall(header):
            for quoted, plain in _REL.findall(parameters):
                if "next" in (quoted or plain).lower().split():
                    return str(target)
        return None
