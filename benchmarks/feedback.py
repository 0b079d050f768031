"""CPU time of the feedback worker's decisions.

    python benchmarks/feedback.py [--events 20000] [--chunk 500]

Items of one opening and now and then a comment or a repeat, texts of four languages and of
the lengths that support desks see; decoding, deciding, writing rows and events as JSON is
all counted, Kafka is not.
"""

import argparse
import random
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.envelope import Event
from schemas.feedback import FeedbackReceived
from schemas.topics import RECEIVED
from workers.config.routes import Route
from workers.config.team import Team
from workers.feedback.classification.rules_classifier import RulesClassifier
from workers.feedback.item import RowCodec
from workers.feedback.processor import FeedbackProcessor
from workers.feedback.routing import RouteTree
from workers.processor import Record

TEAM = {
    "company": "Northwind Bikes",
    "live_since": "2026-01-01",
    "people": [{"id": "ana", "name": "Ana Costa"}],
    "areas": [
        {"id": "billing", "name": "Billing", "owner": "ana", "keywords": ["invoice", "refund"]},
        {"id": "delivery", "name": "Delivery", "owner": "ana", "keywords": ["parcel", "courier"]},
    ],
}
ROUTE = {
    "receiver": "all",
    "routes": [
        {"match": "urgency >= critical", "receiver": "desk", "continue": True},
        {"match": ["area = billing", 'text =~ "charged (me )?(twice|again)"'], "receiver": "pay"},
        {"match": "area in (billing, delivery)", "receiver": "areas", "owner": "area"},
        {"match": ["kind = praise", "score.normalised > 0.8"], "receiver": "praise"},
    ],
}
SENTENCES = (
    "The app crashes every time I open an invoice on my phone since the last update.",
    "Could you please add a filter for the date of the order?",
    "How do I change the address of a delivery that is already on its way?",
    "I have been waiting for three days and nobody answers, this is very disappointing.",
    "Thank you so much, the new overview is great and saves us a lot of time.",
    "Die Rechnung lässt sich seit gestern nicht mehr herunterladen, bitte dringend beheben.",
    "Me gustaría poder exportar los informes en otro formato.",
    "L'application ne fonctionne plus depuis la mise à jour de lundi.",
    "We are a company of forty people and use it every day in the workshop.",
)
START = datetime(2026, 3, 1, tzinfo=UTC)


def _records(count: int, seed: int) -> Sequence[Record]:
    chance = random.Random(seed)  # noqa: S311 - texts, not secrets
    records: list[Record] = []
    while len(records) < count:
        if records and chance.random() < 0.05:
            records.append(chance.choice(records))
            continue
        number = len(records)
        opening = chance.random() < 0.7
        item = f"desk:ticket:{number if opening else chance.randrange(number + 1)}"
        at = START + timedelta(seconds=number)
        part = FeedbackReceived(
            item_id=item,
            source_name="desk",
            vendor="zendesk",
            channel="ticket",
            part="opening" if opening else "comment",
            part_id=str(number),
            subject=chance.choice(SENTENCES)[:40] if opening else "",
            text=" ".join(chance.choices(SENTENCES, k=chance.choice((1, 1, 2, 3, 5)))),
            created_at=START,
            updated_at=at,
        )
        event = Event[FeedbackReceived](
            id=str(number),
            source="/sources/desk",
            type=RECEIVED.name,
            time=at,
            partitionkey=item,
            data=part,
        )
        moment = int(at.timestamp() * 1_000)
        records.append(Record(RECEIVED.name, 0, number, item.encode(), event.to_json(), moment))
    return records


def _timed(processor: FeedbackProcessor, records: Sequence[Record], chunk: int) -> None:
    codec = RowCodec()
    state: dict[str, Any] = {}
    spent = dict.fromkeys(("decode", "process", "encode rows"), 0.0)
    written, rows = 0, 0
    for first in range(0, len(records), chunk):
        now = records[min(first + chunk, len(records)) - 1].timestamp
        started = time.process_time()
        events = [processor.decode(record) for record in records[first : first + chunk]]
        decoded = time.process_time()
        outcome = processor.process(events, state, now)
        processed = time.process_time()
        changes: Mapping[str, Any] = outcome.changes
        rows += sum(len(codec.encode(row)) for row in changes.values() if row is not None)
        encoded = time.process_time()
        spent["decode"] += decoded - started
        spent["process"] += processed - decoded
        spent["encode rows"] += encoded - processed
        written += len(outcome.emissions)
        state.update(changes)
    size = sum(len(record.value or b"") for record in records) / len(records)
    total = sum(spent.values())
    print(
        f"{len(records)} events of {size:.0f} bytes, {len(state)} items, {written} events written, "
        f"{rows / len(state):.0f} bytes of rows an item"
    )
    for name, seconds in spent.items():
        print(f"  {name:<12} {seconds / len(records) * 1e6:7.0f} CPU microseconds an event")
    print(f"  {'all':<12} {total / len(records) * 1e6:7.0f}: {len(records) / total:,.0f} events/s")


def main() -> None:
    """Print microseconds an event, step by step."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--events", type=int, default=20_000)
    arguments.add_argument("--chunk", type=int, default=500)
    options = arguments.parse_args()
    team, route = Team.model_validate(TEAM), Route.model_validate(ROUTE)
    started = time.process_time()
    processor = FeedbackProcessor(RulesClassifier(team.areas), RouteTree(route, team), team)
    print(f"models loaded in {time.process_time() - started:.2f} CPU seconds")
    _timed(processor, _records(options.events, seed=7), options.chunk)


if __name__ == "__main__":
    main()
