"""Records the archive takes a second, from bytes to commit, without Kafka.

    python benchmarks/archive.py                          SQLite in a temporary folder
    python benchmarks/archive.py --url postgresql://...   PostgreSQL, an empty database

Each item is received, classified and routed, every third gets a comment later. The same
records written once more measure a repeat.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.envelope import Data, Event
from schemas.feedback import (
    Channel,
    Customer,
    FeedbackClassified,
    FeedbackReceived,
    FeedbackRouted,
    Kind,
    Match,
    Part,
    Score,
    Sentiment,
    Target,
    Urgency,
)
from schemas.topics import CLASSIFIED, RECEIVED, ROUTED, Topic
from workers.archive.engine import open_engine
from workers.archive.ledger import Advance, Claim, Extent, Spot
from workers.archive.migrate import upgrade
from workers.archive.projection import project
from workers.archive.writer import Batch, Writer
from workers.processor import Record

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
WORDS = ("the", "export", "of", "invoices", "fails", "again", "and", "nobody", "answers", "us")


def events_of(number: int, rng: random.Random) -> Iterator[tuple[Topic, Event[Any]]]:
    """Everything that is said about one item."""
    item, at = f"support:ticket:{number}", START + timedelta(seconds=number)

    def received(part: Part, part_id: str, moment: datetime) -> FeedbackReceived:
        return FeedbackReceived(
            item_id=item,
            source_name="support",
            vendor="zendesk",
            channel=Channel.TICKET,
            part=part,
            part_id=part_id,
            subject=" ".join(rng.choices(WORDS, k=6)),
            text=" ".join(rng.choices(WORDS, k=60)),
            score=Score.of(rng.randint(1, 5), 1, 5, "csat_1_5"),
            customer=Customer(id=f"support:user:{number % 997}", name="A. Customer"),
            tags=("export", "billing"),
            attributes={"status": "open", "priority": "normal"},
            url=f"https://example.zendesk.com/agent/tickets/{number}",
            created_at=at,
            updated_at=moment,
        )

    opening = received(Part.OPENING, "0", at)
    yield RECEIVED, _event(RECEIVED, f"ticket/{number}/1", item, at, opening)
    labels = FeedbackClassified(
        item_id=item,
        source_name="support",
        revision=1,
        language="en",
        kind=rng.choice(list(Kind)),
        area="billing",
        sentiment=Sentiment.NEGATIVE,
        urgency=rng.choice(list(Urgency)),
        confidence=0.8,
        matches=(Match(label="area=billing", rule="area.billing", words=("invoices",)),),
        model_version="keywords-1",
    )
    yield CLASSIFIED, _event(CLASSIFIED, f"{item}/c/1", item, at, labels)
    route = FeedbackRouted(
        item_id=item,
        source_name="support",
        revision=1,
        team="billing",
        owner=f"pm-{number % 6}",
        targets=(Target(receiver="billing", route="billing", reason="area = billing"),),
        announced=True,
        classified_revision=1,
    )
    yield ROUTED, _event(ROUTED, f"{item}/r/1", item, at, route)
    if number % 3 == 0:
        later = at + timedelta(hours=1)
        comment = received(Part.COMMENT, "c1", later)
        yield RECEIVED, _event(RECEIVED, f"comment/{number}/1", item, later, comment)


def _event(topic: Topic, name: str, key: str, at: datetime, data: Data) -> Event[Any]:
    return topic.event_model()(
        id=name, source="/benchmark", type=topic.name, time=at, partitionkey=key, data=data
    )


def records(items: int) -> list[Record]:
    """The records of that many items, partly out of order across topics."""
    rng = random.Random(7)  # noqa: S311 - the same data each time
    offsets: dict[tuple[str, int], int] = {}
    made: list[Record] = []
    for number in range(items):
        for topic, event in events_of(number, rng):
            place = (topic.name, number % topic.partitions)
            offsets[place] = offset = offsets.get(place, -1) + 1
            stamp = int(event.time.timestamp() * 1000)
            key, value = event.partitionkey.encode(), event.to_json()
            made.append(Record(*place, offset, key, value, stamp))
    return made


def write_all(writer: Writer, made: Sequence[Record], size: int) -> float:
    """Project and write in batches; returns seconds."""
    spots = {Spot(record.topic, record.partition) for record in made}
    taken = writer.take_over({spot: Extent(0, len(made)) for spot in spots}, owner="benchmark")
    claims = dict(taken.claims)
    started = time.perf_counter()
    for start in range(0, len(made), size):
        part = made[start : start + size]
        reached: dict[Spot, int] = {}
        for record in part:
            reached[Spot(record.topic, record.partition)] = record.offset + 1
        steps = [
            Advance(spot, claims[spot].fence, claims[spot].next_offset, end, len(made), wrote=True)
            for spot, end in reached.items()
        ]
        writer.write(Batch([project(record) for record in part], steps))
        claims |= {spot: Claim(claims[spot].fence, end) for spot, end in reached.items()}
    return time.perf_counter() - started


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--url", help="SQLAlchemy URL of an empty database")
    options.add_argument("--items", type=int, default=20_000)
    options.add_argument("--batch", type=int, default=1_000)
    chosen = options.parse_args()
    made = records(chosen.items)
    started = time.perf_counter()
    for record in made:
        project(record)
    alone = time.perf_counter() - started
    print(f"records {len(made):,}, batches of {chosen.batch:,}")
    print(f"decode and project alone   {len(made) / alone:10,.0f} records/s")
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(chosen.url or f"sqlite:///{folder}/archive.sqlite")
        upgrade(engine)
        writer = Writer(engine)
        seconds = write_all(writer, made, chosen.batch)
        print(f"{engine.dialect.name:<12} first time     {len(made) / seconds:10,.0f} records/s")
        with engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM offsets")
        seconds = write_all(writer, made, chosen.batch)
        print(f"{engine.dialect.name:<12} repeated       {len(made) / seconds:10,.0f} records/s")
        engine.dispose()


if __name__ == "__main__":
    main()
