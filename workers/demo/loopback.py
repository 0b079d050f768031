"""Questions to our own servers on this machine."""

import json
import urllib.error
import urllib.request
from typing import Any

__all__ = ["answers", "get_json"]

_SECONDS = 5.0


def get_json(url: str) -> Any:
    """The JSON at an address of ours; raises ``OSError`` or ``ValueError``."""
    with urllib.request.urlopen(url, timeout=_SECONDS) as response:  # noqa: S310 - loopback only
        return json.load(response)


def answers(url: str) -> bool:
    """Whether the address answers with 200."""
    try:
        with urllib.request.urlopen(url, timeout=_SECONDS) as response:  # noqa: S310
            return bool(response.status == 200)  # noqa: PLR2004 - HTTP's OK
    except (OSError, urllib.error.URLError):
        return False
