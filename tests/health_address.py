"""What a role's addresses for machines answer."""

import urllib.error
import urllib.request

__all__ = ["status"]


def status(port: int, path: str = "/readyz") -> int:
    """Status of an address, 0 where nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except OSError:
        return 0
