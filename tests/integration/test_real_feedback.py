"""A team's history, for real: 44,000 labelled texts of customers through the whole pipeline."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import func, select

from tests.integration.streaming.cluster import until
from tests.own_ports import own_demo_ports
from workers.archive.engine import open_engine
from workers.archive.tables import items
from workers.config.settings import Settings
from workers.demo.reader import TopicReader
from workers.demo.stage import Stage
from workers.demo.tally import Tally
from workers.demo.view import PlainView

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.shared,
    pytest.mark.slow,
    pytest.mark.timeout(600),
]

TEAM = """
company: Everybody
people: [{id: ana, name: Ana}]
areas: [{id: payments, name: Payments, owner: ana, keywords: [card, payment, transfer, refund]}]
"""
ROUTES = """
receivers:
  - name: triage
    webhook: {url: "http://127.0.0.1:9/", secret: "${HOOK_SECRET}"}
route:
  receiver: triage
  routes:
    - {name: payments, match: "area = payments", receiver: triage, owner: ana}
"""


@dataclass(frozen=True)
class Imported:
    """What came of the import."""

    rows: dict[str, set[str]]
    """Ids of the rows by source; files repeat some of them."""
    tally: Tally
    listed: int
    """Items in the read model."""


@pytest.fixture(scope="module")
def imported(
    shared: Path, kafka_jars: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Imported]:
    """Every file as a source of its own, read, classified, routed and archived."""
    folder = tmp_path_factory.mktemp("real")
    config = folder / "config"
    config.mkdir()
    files = sorted((shared / "data" / "feedback").glob("*.jsonl"))
    assert files
    rows: dict[str, set[str]] = {}
    sources = ["sources:"]
    for file in files:
        name = file.stem.replace("_", "-")
        with file.open(encoding="utf-8") as lines:
            rows[name] = {json.loads(line)["id"] for line in lines if line.strip()}
        settings = {"path": str(file), "columns": {"id": "id", "text": "text", "language": "lang"}}
        source = {"name": name, "connector": "files", "every": "1h", "settings": settings}
        sources.append(f"  - {json.dumps(source)}")
    (config / "team.yaml").write_text(TEAM, encoding="utf-8")
    (config / "routes.yaml").write_text(ROUTES, encoding="utf-8")
    (config / "sources.yaml").write_text("\n".join(sources), encoding="utf-8")
    ports = own_demo_ports()
    environment = {
        "PRODUCTOPS_STATE_DIR": str(folder),
        "PRODUCTOPS_CONFIG_DIR": str(config),
        "PRODUCTOPS_WEB_PORT": str(ports.web),
        "PRODUCTOPS_METRICS_PORT": str(ports.metrics),
    }
    with (folder / "view.log").open("w", encoding="utf-8") as log:
        stage = Stage(
            Settings.from_environment(environment, cwd=folder),
            ports,
            [],
            {"HOOK_SECRET": "whsec_" + "QUJD" * 11},
            cache_dir=kafka_jars,
            say=PlainView(Console(file=log)).say,
        )
        try:
            yield _import(stage, rows)
        finally:
            stage.down()


def _import(stage: Stage, rows: dict[str, set[str]]) -> Imported:
    stage.cluster_up()
    tally = Tally()
    reader = TopicReader(stage.settings.kafka, tally)
    stage.roles_up()
    total = sum(len(ids) for ids in rows.values())

    def finished() -> bool:
        stage.check()
        list(reader.poll())
        received = sum(len(ids) for ids in tally.items.values())  # read beside what is routed
        settled = len(tally.routed) + len(tally.dead)
        return tally.finished == rows.keys() and min(settled, received + len(tally.dead)) >= total

    until(finished, "every row is routed or dead-lettered", seconds=400)
    engine = open_engine(stage.settings.database_url, read_only=True)

    def archived() -> int:
        with engine.connect() as connection:
            count = select(func.count()).where(items.c.route.is_not(None))
            return int(connection.execute(count).scalar_one())

    until(lambda: archived() >= len(tally.routed), "every item is in the read model", seconds=120)
    listed = archived()
    engine.dispose()
    reader.close()
    return Imported(rows, tally, listed)


def test_every_row_is_routed_or_dead_lettered(imported: Imported) -> None:
    """Each row of each file is one routed item or one dead letter; none is lost or doubled."""
    tally = imported.tally
    for source, ids in imported.rows.items():
        expected = {f"{source}:row:{row}" for row in ids}
        routed = {item for item in tally.items[source] if tally.routed[item] == 1}
        assert routed <= expected, source
        assert len(routed) + tally.dead_by_source[source] == len(expected), source


def test_every_routed_item_is_found_in_the_read_model(imported: Imported) -> None:
    """The read model holds as many routed items as the topics."""
    assert imported.listed == len(imported.tally.routed)


def test_nobody_is_told_about_history(imported: Imported) -> None:
    """Without ``live_since`` no message is requested, however much is imported."""
    assert imported.tally.requested == set()
