"""Roles as `productops run` starts them, beside a broker that may come, go and be wrong."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.health_address import status
from tests.integration.streaming.cluster import until
from tests.own_ports import own_ports
from workers.runtime.roles import ROLES

__all__ = ["RealRole", "real_roles", "whole"]

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
    """A process of `productops run ROLE`, or of all roles, which is known by its last one."""

    def __init__(self, name: str, folder: Path, environ: Mapping[str, str], *roles: str) -> None:
        self.name = name
        self._port = int(environ["PRODUCTOPS_METRICS_PORT"]) + list(ROLES).index(name)
        self._log = folder / f"{name}.log"
        command = [sys.executable, "-m", "workers.cli", "run", *roles]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=folder, env=dict(environ), stdout=log, stderr=log
            )

    @property
    def readiness(self) -> int:
        """Status of /readyz, 0 where nobody answers."""
        return status(self._port)

    def readiness_of(self, role: str) -> int:
        """The same for another role of the whole."""
        return status(self._port + list(ROLES).index(role) - list(ROLES).index(self.name))

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
    surroundings = _surroundings(folder, server, environ)
    with ExitStack() as stack:
        roles = []
        for name in names:
            role = RealRole(name, folder, surroundings, name)
            stack.callback(role.process.wait)
            stack.callback(role.process.kill)
            roles.append(role)
        yield roles


@contextmanager
def whole(folder: Path, server: str, **environ: str) -> Iterator[RealRole]:
    """All roles under one supervisor; if it still runs in the end, it is killed with them."""
    surroundings = _surroundings(folder, server, environ)
    run = RealRole("archive", folder, surroundings)
    try:
        yield run
    finally:
        run.process.kill()
        run.process.wait()


def _surroundings(folder: Path, server: str, environ: Mapping[str, str]) -> Mapping[str, str]:
    """Configuration in the folder, and the environment of processes that work with it."""
    ports = own_ports(len(ROLES))
    config = folder / "config"
    config.mkdir()
    for name, text in _FILES.items():
        (config / name).write_text(text, encoding="utf-8")
    return os.environ | {
        "PYTHONPATH": str(_REPOSITORY),
        "KAFKA_BOOTSTRAP_SERVERS": server,
        "HOOK": "whsec_" + "c2VjcmV0" * 4,
        "PRODUCTOPS_CONFIG_DIR": str(config),
        "PRODUCTOPS_STATE_DIR": str(folder / "state"),
        "PRODUCTOPS_METRICS_PORT": str(ports),
        "PRODUCTOPS_WEB_PORT": str(ports + list(ROLES).index("web")),
        "PRODUCTOPS_LOG_FORMAT": "json",
        **environ,
    }
