"""How fast the pages are: milliseconds a page over a read model of 100,000 items.

Run it from the checkout: ``python benchmarks/web.py [--items ITEMS]``. It fills a SQLite file in a
temporary folder, asks the application in this process (no network), and prints a table; exit
1 when an inbox page takes longer than its budget.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine

from connectors.base.clock import SystemClock
from workers.archive.engine import open_engine
from workers.archive.migrate import upgrade
from workers.archive.tables import dead_letters, items, messages, parts
from workers.observability.metrics import Metrics
from workers.web.app import create_app

BUDGET_MS = 50
REPEATS = 30
PAGES = {
    "inbox": "/",
    "inbox, by owner": "/?owner=p3",
    "inbox, two filters": "/?owner=p3&kind=praise",
    "inbox, five filters": "/?owner=p3&kind=bug&area=a2&urgency=urgent&since=30d",
    "inbox, language": "/?language=de",
    "inbox, state": "/?state=history",
    "inbox, nothing matches": "/?owner=p3&area=a1&language=fr&urgency=critical&source=files1",
    "inbox, deep": "",
    "inbox, search, common": "/?q=refund",
    "inbox, search, rare": "/?q=swordfish",
    "item": "/item?id=support:ticket:500",
    "messages": "/messages",
    "messages, failed": "/messages?outcome=failed",
    "sources": "/sources",
    "dead letters": "/dead-letters",
    "JSON": "/api/items",
}
WITHIN_BUDGET = tuple(name for name in PAGES if "search" not in name)
_WORDS = """
invoice refund login crash slow export calendar shift holiday price plan app update
error button screen thanks love broken charge card support answer week month team
"""
WORDS = _WORDS.split()


def fill(engine: Engine, count: int) -> datetime:
    """Rows as the projection leaves them; returns the moment in the middle."""
    rng = random.Random(4)  # noqa: S311 - data, not a secret
    now = datetime.now(UTC)
    rows: list[dict[str, Any]] = []
    for number in range(count):
        at = now - timedelta(seconds=number * 80)
        area = rng.choice(("a1", "a2", "a3", None))
        rows.append(
            {
                "item_id": f"support:ticket:{number}",
                "source_name": rng.choice(("support", "files1", "surveys")),
                "status": "routed",
                "arrived_at": at,
                "activity_at": at,
                "vendor": "zendesk",
                "channel": "ticket",
                "subject": " ".join(rng.choices(WORDS, k=6)),
                "text": " ".join(rng.choices(WORDS, k=rng.randrange(10, 120))),
                "tags": [],
                "attributes": {"priority": "normal"},
                "url": f"https://larkfield.example/tickets/{number}",
                "created_at": at,
                "classified_revision": 1,
                "language": rng.choices(("en", "de", "es", "fr"), (80, 10, 7, 3))[0],
                "kind": rng.choices(("bug", "question", "complaint", "praise"), (40, 30, 28, 2))[0],
                "area": area,
                "sentiment": "neutral",
                "urgency": rng.choices(("normal", "high", "critical"), (90, 8, 2))[0],
                "confidence": 0.8,
                "matches": [{"label": "kind=bug", "rule": "r", "words": ["crash"], "reason": ""}],
                "routed_revision": 1,
                "team": rng.choice(("t1", "t2", "t3")),
                "owner": f"p{rng.randrange(6)}",
                "route": "route",
                "targets": [{"receiver": "x", "route": "route", "reason": "kind = bug"}],
                "announced": number < count // 2,
            }
        )
    opening = {"part": "opening", "truncated": False, "event_source": "s", "event_id": "e"}
    with engine.begin() as connection:
        connection.execute(items.insert(), rows)
        connection.execute(
            parts.insert(),
            [
                {
                    **opening,
                    "item_id": row["item_id"],
                    "part_id": "opening",
                    "version": "1",
                    "subject": row["subject"],
                    "text": row["text"],
                    "updated_at": row["activity_at"],
                }
                for row in rows
            ],
        )
        connection.execute(
            messages.insert(),
            [
                {
                    "message_id": f"m{number}",
                    "receiver": "x",
                    "about": row["item_id"],
                    "title": "A message",
                    "requested_at": row["activity_at"],
                    "settled_at": row["activity_at"],
                    "outcome": "failed" if number % 500 == 0 else "delivered",
                    "attempts": 1,
                }
                for number, row in enumerate(rows[: count // 2])
            ],
        )
        connection.execute(
            dead_letters.insert(),
            [
                {
                    "topic": "t.dlq",
                    "partition": 0,
                    "record_offset": number,
                    "origin_topic": "t",
                    "origin_partition": 0,
                    "origin_offset": number,
                    "source_name": "support",
                    "error_class": "mapping",
                    "message": "no score",
                    "value": b"{}",
                    "truncated": False,
                    "headers": {},
                    "attempts": 1,
                    "role": "connectors",
                    "worker_version": "1",
                    "first_failed_at": row["activity_at"],
                    "last_failed_at": row["activity_at"],
                }
                for number, row in enumerate(rows[:5_000])
            ],
        )
    return now - timedelta(seconds=count * 40)


async def measure(client: httpx.AsyncClient, path: str) -> tuple[float, float]:
    """Median milliseconds of one request: on the wall clock, and of this process's own work.

    The second is what a page costs; the first also holds what else the machine was doing.
    """
    walls, works = [], []
    for _ in range(REPEATS):
        wall, work = time.perf_counter(), time.process_time()
        answer = await client.get(path)
        walls.append((time.perf_counter() - wall) * 1_000)
        works.append((time.process_time() - work) * 1_000)
        answer.raise_for_status()
    return sorted(walls)[REPEATS // 2], sorted(works)[REPEATS // 2]


async def run(engine: Engine, middle: datetime) -> bool:
    """Print the table; whether every page was within its budget."""
    app = create_app(engine, configuration=None, clock=SystemClock(), metrics=Metrics())
    transport = httpx.ASGITransport(app=app)
    fine = True
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        from workers.archive.queries import Cursor

        deep = f"/?after={Cursor(middle, 'support:ticket:0').encode()}"
        await client.get("/")
        print(f"{'page':<26}{'wall ms':>10}{'work ms':>10}{'a second':>10}")
        for name, path in PAGES.items():
            wall, work = await measure(client, path or deep)
            late = name in WITHIN_BUDGET and work > BUDGET_MS
            fine = fine and not late
            mark = f"  over {BUDGET_MS} ms" if late else ""
            print(f"{name:<26}{wall:>10.1f}{work:>10.1f}{1_000 / work:>10.0f}{mark}")
    return fine


def main() -> int:
    """Fill, measure, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=100_000)
    count = parser.parse_args().items
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'archive.sqlite'}"
        writer = open_engine(url)
        upgrade(writer)
        middle = fill(writer, count)
        writer.dispose()
        reader = open_engine(url, read_only=True)
        print(f"{count:,} items in SQLite")
        fine = asyncio.run(run(reader, middle))
        reader.dispose()
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
