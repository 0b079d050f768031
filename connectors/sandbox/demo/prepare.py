"""Writes everything the demo needs into a folder, and says how to start the simulators."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from connectors.sandbox.company import Company, found
from connectors.sandbox.company.build import DAYS
from connectors.sandbox.company.surveys import history_file
from connectors.sandbox.demo.yaml_files import routes_yaml, sources_yaml, team_yaml
from connectors.sandbox.expectation import Expectation, expectation, live_since
from connectors.sandbox.slack.workspace import LARKFIELD
from connectors.sandbox.zendesk.options import API_TOKEN

__all__ = ["Demo", "Ports", "prepare"]

HISTORY_FILE = "nps.csv"
_LIVE_SECONDS = 7.0


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the simulators listen on 127.0.0.1."""

    zendesk: int
    slack: int

    @property
    def zendesk_url(self) -> str:
        """Address of the simulated Zendesk."""
        return f"http://127.0.0.1:{self.zendesk}"

    @property
    def slack_url(self) -> str:
        """Address of the simulated Slack; its page for people is there too."""
        return f"http://127.0.0.1:{self.slack}"


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo that is ready to start."""

    folder: Path
    """Holds ``config`` and the simulators' state."""
    ports: Ports
    company: Company
    expected: Expectation
    """Of the founding data; ``/_sandbox/expectation`` tells what may be there since as well."""

    @property
    def config_dir(self) -> Path:
        """Holds the YAML files."""
        return self.folder / "config"

    @property
    def slack_state(self) -> Path:
        """Every message received, as JSON lines."""
        return self.folder / "slack.jsonl"

    @property
    def environ(self) -> Mapping[str, str]:
        """What the YAML files refer to as ``${NAME}``."""
        return {
            "ZENDESK_API_TOKEN": API_TOKEN,
            "SLACK_BOT_TOKEN": LARKFIELD.token,
            "CRM_SIGNING_SECRET": LARKFIELD.hooks["crm"],
        }

    def zendesk_command(self, *, live: bool) -> tuple[str, ...]:
        """Starts the simulated Zendesk; ``live`` lets new feedback arrive.

        What arrived in earlier live demos is there in either case, as messages refer to it.
        """
        command = (
            *(sys.executable, "-m", "connectors.sandbox", "zendesk"),
            *("--port", str(self.ports.zendesk), "--seed", str(self.company.seed)),
            *("--state", str(self.folder / "zendesk.jsonl")),
            *("--now", self.company.now.isoformat()),
            *("--per-minute", "600", "--page-size", "100", "--conflict-every", "23"),
            *("--live", str(_LIVE_SECONDS)),
        )
        return command if live else (*command, "--paused")

    def slack_command(self) -> tuple[str, ...]:
        """Starts the simulated Slack."""
        return (
            *(sys.executable, "-m", "connectors.sandbox", "slack"),
            *("--port", str(self.ports.slack), "--state", str(self.slack_state)),
            *("--per-second", "5"),
        )


def prepare(folder: Path, ports: Ports, *, seed: int = 7, now: datetime | None = None) -> Demo:
    """Write the configuration, or bring it up to date with these ports.

    A folder that was prepared before keeps its seed and its founding moment, so that a second
    demo goes on with the same company; ``seed`` and ``now`` count for a new folder only.
    """
    seed, founded = _founding(folder / "demo.json", seed, now or datetime.now(UTC))
    company = found(seed, founded)
    expected = expectation(company, history_file=HISTORY_FILE)
    config = folder / "config"
    files = {
        config / "team.yaml": team_yaml(live_since(company)).encode(),
        config / "routes.yaml": routes_yaml(ports.slack_url).encode(),
        config / "sources.yaml": sources_yaml(
            ports.zendesk_url, founded=company.now, days=DAYS
        ).encode(),
        config / "history" / HISTORY_FILE: history_file(company.history),
        folder / "expectation.json": json.dumps(expected.as_dict(), indent=1).encode(),
    }
    for path, content in files.items():
        _write(path, content)
    return Demo(folder, ports, company, expected)


def _founding(file: Path, seed: int, now: datetime) -> tuple[int, datetime]:
    if file.is_file():
        kept = json.loads(file.read_text(encoding="utf-8"))
        return int(kept["seed"]), datetime.fromisoformat(kept["founded"])
    founded = now.astimezone(UTC).replace(microsecond=0)
    kept = {"seed": seed, "founded": founded.isoformat()}
    _write(file, json.dumps(kept).encode())
    return seed, founded


def _write(path: Path, content: bytes) -> None:
    """Write unless it says so already: a file's time tells readers whether it has changed."""
    if path.is_file() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(content)
    beside.replace(path)
