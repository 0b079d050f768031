"""A feedback role as its operator runs it: a broker, a configuration, a process, commands."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from schemas.envelope import Event
from schemas.feedback import FeedbackReceived
from schemas.topics import FEEDBACK_CHANGELOG, RECEIVED, Topic
from tests.health_address import status
from tests.integration.streaming.cluster import lag, read_committed, until, write
from workers.config.settings import KafkaSettings

GROUP = "productops-feedback"
TEAM = """
company: Northwind
live_since: 2020-01-01
people: [{id: ana, name: Ana}, {id: bo, name: Bo}]
teams: [{id: payments, name: Payments}, {id: mobile, name: Mobile}]
areas:
  - {id: billing, name: Billing, owner: ana, team: payments, keywords: [invoice]}
"""
ROUTES = """
receivers:
  - {name: everybody, webhook: {url: "${HOOK}", secret: "${SECRET}"}}
  - {name: money, webhook: {url: "${HOOK}", secret: "${SECRET}"}}
route:
  receiver: everybody
  routes: [%s]
"""
MONEY = "{name: money, match: 'area = billing', receiver: money, team: payments}"
GIZMO = "{name: gizmo, match: 'text =~ \"gizmo\"', receiver: money, team: mobile, due_in: 2d}"


@dataclass
class Desk:
    """One cluster, one configuration folder, one running role."""

    kafka: KafkaSettings
    folder: Path
    metrics_port: int
    role: "subprocess.Popen[str] | None" = None
    told: dict[str, Any] = field(default_factory=dict)
    """What commands and looks at the topics gave, by what they stand for."""

    @property
    def environ(self) -> dict[str, str]:
        """Of every process."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("KAFKA_", "PRODUCTOPS_"))
        }
        return inherited | {
            "KAFKA_BOOTSTRAP_SERVERS": ",".join(self.kafka.servers),
            "PRODUCTOPS_STATE_DIR": str(self.folder / "state"),
            "PRODUCTOPS_CONFIG_DIR": str(self.folder / "config"),
            "PRODUCTOPS_METRICS_PORT": str(self.metrics_port),
            "HOOK": "http://127.0.0.1:1/",
            "SECRET": "whsec_" + "c2VjcmV0" * 4,
        }

    def configure(self, *routes: str, team: str = TEAM) -> None:
        """Write the files."""
        config = self.folder / "config"
        config.mkdir(exist_ok=True)
        (config / "team.yaml").write_text(team, encoding="utf-8")
        (config / "routes.yaml").write_text(ROUTES % ", ".join(routes), encoding="utf-8")
        (config / "sources.yaml").write_text("sources: []\n", encoding="utf-8")

    def start(self) -> None:
        """Start the role with the files as they are."""
        with (self.folder / "role.log").open("a", encoding="utf-8") as log:
            self.role = subprocess.Popen(
                [sys.executable, "-m", "workers.cli", "run", "feedback"],
                env=self.environ,
                stdout=log,
                stderr=log,
                text=True,
            )

    def stop(self) -> None:
        """End the role in good order."""
        if self.role is not None:
            self.role.send_signal(signal.SIGTERM)
            try:
                self.role.wait(60)
            except subprocess.TimeoutExpired:
                self.role.kill()
                self.role.wait()
            self.role = None

    def readiness(self) -> int:
        """Status of the role's ``/readyz``; 0 where nobody answers."""
        return status(self.metrics_port + 1)

    def becomes_ready(self) -> None:
        """Wait until the role does its work, be there anything to read or not."""
        until(lambda: self.readiness() == 200, "the role is ready")

    def command(self, *arguments: str, module: str = "workers.cli") -> Any:
        """A finished process of ``productops``."""
        return subprocess.run(
            [sys.executable, "-m", module, *arguments],
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=150,
            check=False,
        )

    def replay(self, *arguments: str) -> dict[str, Any]:
        """``productops replay`` of everything, as JSON."""
        done = self.command("replay", "feedback", "--from", "1d", "--json", *arguments)
        assert done.returncode == 0, done.stderr
        result: dict[str, Any] = json.loads(done.stdout)
        return result

    def feed(self, events: Sequence[Event[FeedbackReceived]]) -> None:
        """Let feedback come in."""
        rows = [(event.partitionkey.encode(), event.to_json()) for event in events]
        write(self.kafka, RECEIVED.name, rows)

    def caught_up(self) -> None:
        """Wait until the role has read everything."""
        until(lambda: lag(self.kafka, GROUP, [RECEIVED]) == 0, "the role reads to the end")

    def said(self, topic: Topic) -> list[Any]:
        """Data of the events of a topic, each partition in its order."""
        model = topic.event_model()
        return [
            model.model_validate_json(one.value).data for one in read_committed(self.kafka, topic)
        ]

    def state(self) -> dict[bytes, bytes]:
        """The rows of the changelog."""
        rows = {}
        for record in read_committed(self.kafka, FEEDBACK_CHANGELOG):
            if not record.key.startswith(b"#"):
                rows[record.key] = record.value
        return rows
