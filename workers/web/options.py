"""What the pages need to know about where and how they are shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address

__all__ = ["WebOptions", "is_loopback"]

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_EVERY_ADDRESS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - recognised, not bound


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server bound to ``host``."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(frozen=True, slots=True)
class WebOptions:
    """Settings of the pages."""

    allowed_hosts: tuple[str, ...] = _LOOPBACK
    """Names under which the pages may be asked for, in lower case, without a port."""
    any_address: bool = False
    """Whether a numeric address is accepted as host. It cannot be used for DNS rebinding,
    which needs a name; so it is accepted where the server listens on every address."""
    sample: bool = False
    """Whether the data is the demonstration's; every page then says so."""
    page_size: int = 25

    @classmethod
    def of(cls, host: str, environ: Mapping[str, str]) -> "WebOptions":
        """Options of a server bound to ``host``.

        ``PRODUCTOPS_WEB_ALLOWED_HOSTS``: further names, with commas, under which a proxy or a
        cluster offers the pages. ``PRODUCTOPS_SAMPLE_DATA=1``: this is the demonstration.
        """
        named = environ.get("PRODUCTOPS_WEB_ALLOWED_HOSTS", "").split(",")
        own = [] if host in _EVERY_ADDRESS else [host]
        hosts = dict.fromkeys(
            [*_LOOPBACK, *own, *(name.strip().strip("[]").lower() for name in named)]
        )
        return cls(
            allowed_hosts=tuple(name for name in hosts if name),
            any_address=host in _EVERY_ADDRESS,
            sample=environ.get("PRODUCTOPS_SAMPLE_DATA") == "1",
        )
