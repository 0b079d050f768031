"""Roles as `productops run ROLE` starts them, beside a broker that may come, go and be wrong."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.integration.streaming.cluster import until
from tests.own_ports import own_ports
from workers.runtime.roles import ROLES

__all__ = ["RealRole", "real_roles"]

_REPOSITORY = Path(__file__).resolve().parents[3]
_FILES = {
    "team.yaml": "company: Test\npeople: [{id: ana, name: Ana}]\n",
    "routes.yaml": (
        "receivers:\n- name: hook\n  webhook: {url: 'http://127.0.0.1:9/', secret: '${HOOK}'}\n"
        "route: {receiver: hook, owner: ana}\n"
    ),
    "sources.yaml": "sources: []\n",
}


class RealRole:
    """A process of `productops run ROLE`."""

    def __init__(self, name: str, folder: Path, environ: Mapping[str, str]) -> None:
        self.name = name
        self._port = int(environ["PRODUCTOPS_METRICS_PORT"]) + list(ROLES).index(name)
        self._log = folder / f"{name}.log"
        command = [sys.executable, "-m", "workers.cli", "run", name]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=folder, env=dict(environ), stdout=log, stderr=log
            )

    @property
    def readiness(self) -> int:
        """Status of /readyz, 0 where nobody answers."""
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self._port}/readyz", timeout=30
            ) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except OSError:
            return 0

    def text(self) -> str:
        """All it has written."""
        return self._log.read_text(encoding="utf-8")

    def said(self, event: str) -> list[dict[str, Any]]:
        """The log lines of an event."""
        whole, _, _ = self.text().rpartition("\n")  # the last line may be half written
        lines = [json.loads(line) for line in whole.splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == event]

    def waits(self) -> None:
        """Until it says that there is no broker."""
        until(lambda: bool(self.said("kafka_unreachable")), f"{self.name} waits, and says so")

    def becomes_ready(self) -> None:
        """Until it does its work."""
        until(lambda: self.readiness == 200, f"{self.name} is ready")

    def ends(self, what: str) -> tuple[int, set[int]]:
        """Its exit code, and every readiness that it showed until then."""
        seen: set[int] = set()

        def ended() -> bool:
            seen.add(self.readiness)
            return self.process.poll() is not None

        until(ended, f"{self.name} ends: {what}")
        return self.process.wait(), seen


@contextmanager
def real_roles(
    folder: Path, server: str, names: Sequence[str], **environ: str
) -> Iterator[list[RealRole]]:
    """These roles against a server; what still runs in the end is killed."""
    config = folder / "config"
    config.mkdir()
    for name, text in _FILES.items():
        (config / name).write_text(text, encoding="utf-8")
    surroundings = os.environ | {
        "PYTHONPATH": str(_REPOSITORY),
        "KAFKA_BOOTSTRAP_SERVERS": server,
        "HOOK": "whsec_" + "c2VjcmV0" * 4,
        "PRODUCTOPS_CONFIG_DIR": str(config),
        "PRODUCTOPS_STATE_DIR": str(folder / "state"),
        "PRODUCTOPS_METRICS_PORT": str(own_ports(len(ROLES))),
        "PRODUCTOPS_LOG_FORMAT": "json",
        **environ,
    }
    with ExitStack() as stack:
        roles = []
        for name in names:
            role = RealRole(name, folder, surroundings)
            stack.callback(role.process.wait)
            stack.callback(role.process.kill)
            roles.append(role)
        yield roles
