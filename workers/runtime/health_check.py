"""``python -m workers.runtime.health_check``: whether the roles of this machine are alive.

For containers: exit code 0 when every role that listens here says that it moves, 1 when one
says that it is stuck, or none listens. It asks the loopback interface only.
"""

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from workers.config.settings import Settings, SettingsError
from workers.runtime.roles import ROLES, metrics_port

__all__ = ["check", "main"]

_TIMEOUT_SECONDS = 3.0


def _ask(port: int) -> bool | None:
    """Whether the role at this port is alive; ``None`` where nobody listens."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=_TIMEOUT_SECONDS):
            return True
    except HTTPError:
        return False
    except URLError as error:
        return None if isinstance(error.reason, ConnectionRefusedError) else False
    except OSError:
        return False


def check(
    ports: Iterable[tuple[str, int]], ask: Callable[[int], bool | None] = _ask
) -> tuple[bool, str]:
    """Whether all is well, and the roles in words: ``feedback alive, delivery stuck``."""
    found = {role: ask(port) for role, port in ports}
    here = {role: alive for role, alive in found.items() if alive is not None}
    words = ", ".join(f"{role} {'alive' if alive else 'stuck'}" for role, alive in here.items())
    return bool(here) and all(here.values()), words or "no role listens here"


def main() -> int:
    """The exit code."""
    try:
        settings = Settings.from_environment(os.environ, cwd=Path.cwd())
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    well, words = check([(role, metrics_port(settings, role)) for role in ROLES])
    sys.stdout.write(f"{words}\n")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
