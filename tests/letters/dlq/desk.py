"""Somebody who runs ``productops dlq``."""

import json
from datetime import UTC, datetime
from typing import Any

from click.testing import CliRunner, Result

from schemas.platform import Origin
from schemas.topics import RECEIVED
from tests.integration.streaming.cluster import read_committed, write
from tests.letters.conftest import letter_record
from workers.cli.main import main
from workers.config.settings import KafkaSettings

__all__ = ["Desk"]


class Desk:
    """Somebody at a terminal, with letters of a key that nobody else uses."""

    def __init__(self, kafka: KafkaSettings, token: str) -> None:
        self.kafka = kafka
        self.token = token
        self.id = f"{RECEIVED.name}/3/{token}"

    def put(self, offset: int = 41, **fields: Any) -> str:
        """Write a letter; returns its id."""
        given: dict[str, Any] = {
            "origin": Origin(topic=RECEIVED.name, partition=3, offset=offset),
            "letter_id": f"{self.token}/{offset}",
            "key": self.token.encode(),
            "value": b"the customer's words",
            "at": datetime.now(UTC),
        } | fields
        record = letter_record(**given)
        assert record.key is not None
        assert record.value is not None
        write(self.kafka, record.topic, [(record.key, record.value)])
        return str(given["letter_id"])

    def run(self, *arguments: str) -> Result:
        """Run the command."""
        environment = {"KAFKA_BOOTSTRAP_SERVERS": ",".join(self.kafka.servers)}
        return CliRunner().invoke(main, ["dlq", *arguments], env=environment)

    def listed(self, *arguments: str) -> list[dict[str, Any]]:
        """The letters listed as JSON, those of this desk."""
        result = self.run("list", "--key", self.token, "--json", *arguments)
        assert result.exit_code == 0, result.output
        letters: list[dict[str, Any]] = json.loads(result.stdout)["letters"]
        return letters

    def replayed(self) -> list[Any]:
        """Records of this desk's key in the topic the letters came from."""
        records = read_committed(self.kafka, RECEIVED)
        return [record for record in records if record.key == self.token.encode()]
