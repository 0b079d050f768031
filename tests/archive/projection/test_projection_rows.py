"""What each event changes in the read model."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from schemas.feedback import Customer, Kind, Match, Part, Score, Target, Urgency
from schemas.notification import Outcome
from schemas.platform import ErrorClass, Origin, SettledAs
from schemas.topics import CLASSIFIED, CLOCK_TICKED, RECEIVED, REGISTRY, ROUTED
from workers.archive.projection import ARCHIVED_TOPICS
from workers.archive.tables import dead_letters, items, messages, parts, sources

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TEN = NINE + timedelta(hours=1)
ELEVEN = NINE + timedelta(hours=2)

Take = Callable[..., None]
Rows = Callable[..., list[dict[str, Any]]]


def test_every_event_topic_is_archived_except_the_clock() -> None:
    """A topic of events that nobody archives is a decision: only the clock is left out."""
    events = {topic.name for topic in REGISTRY if topic.data is not None}
    assert {topic.name for topic in ARCHIVED_TOPICS} == events - {CLOCK_TICKED.name}


def test_a_received_opening_is_an_item_with_one_part(
    engine: Engine, story: Any, take: Take, rows: Rows
) -> None:
    """The opening fills the item: words, customer, score, tags, address and times."""
    take(
        engine,
        story.received(
            "1",
            at=TEN,
            written=ELEVEN,
            subject="Invoices",
            text="They fail",
            language="en",
            score=Score.of(2, 1, 5, "csat_1_5"),
            customer=Customer(
                id="support:user:7",
                name="Ann",
                email="ann@example.com",
                organization_id="support:organization:3",
                organization_name="Acme",
                tier="gold",
            ),
            tags=("vip", "billing"),
            attributes={"priority": "high"},
            url="https://acme.zendesk.com/agent/tickets/1",
        ),
    )
    (item,) = rows(engine, items)
    shown = {name: value for name, value in item.items() if value is not None}
    assert shown.pop("lead_version")
    assert shown.pop("customer_version")
    assert shown.pop("score_version")
    assert shown == {
        "item_id": "support:ticket:1",
        "source_name": "support",
        "status": "received",
        "arrived_at": ELEVEN,
        "activity_at": TEN,
        "created_at": NINE,
        "updated_at": TEN,
        "lead_part": "opening",
        "vendor": "zendesk",
        "channel": "ticket",
        "subject": "Invoices",
        "text": "They fail",
        "truncated": False,
        "stated_language": "en",
        "tags": ["vip", "billing"],
        "attributes": {"priority": "high"},
        "url": "https://acme.zendesk.com/agent/tickets/1",
        "customer_id": "support:user:7",
        "customer_name": "Ann",
        "customer_email": "ann@example.com",
        "organization_id": "support:organization:3",
        "organization_name": "Acme",
        "customer_tier": "gold",
        "score_raw": 2.0,
        "score_low": 1.0,
        "score_high": 5.0,
        "score_scale": "csat_1_5",
        "score_normalised": 0.25,
    }
    (part,) = rows(engine, parts)
    assert part["item_id"] == "support:ticket:1"
    assert part["part_id"] == "opening"
    assert part["part"] == "opening"
    assert part["text"] == "They fail"
    assert part["score_raw"] == 2.0
    assert part["customer_id"] == "support:user:7"
    assert part["updated_at"] == TEN
    assert part["event_source"] == "/sources/support"


def test_the_newest_opening_replaces_the_former(
    engine: Engine, story: Any, take: Take, rows: Rows
) -> None:
    """A ticket edited in the tool shows the words of its newest version, as one part."""
    take(
        engine,
        story.received("1", at=TEN, text="new words", attributes={"status": "solved"}),
        story.received("1", at=NINE, text="old words", attributes={"status": "open"}),
    )
    (item,) = rows(engine, items)
    assert (item["text"], item["attributes"]) == ("new words", {"status": "solved"})
    assert [part["text"] for part in rows(engine, parts)] == ["new words"]


def test_a_later_comment_leaves_the_opening_on_top(
    engine: Engine, story: Any, take: Take, rows: Rows
) -> None:
    """A comment is a part of its own; the item keeps the opening's words and gets younger."""
    take(
        engine,
        story.received("1", Part.COMMENT, "c1", at=ELEVEN, text="any news?"),
        story.received("1", at=NINE, subject="Invoices", text="They fail"),
    )
    (item,) = rows(engine, items)
    assert (item["subject"], item["text"]) == ("Invoices", "They fail")
    assert (item["activity_at"], item["updated_at"]) == (ELEVEN, ELEVEN)
    assert {part["part_id"]: part["text"] for part in rows(engine, parts)} == {
        "opening": "They fail",
        "c1": "any news?",
    }


def test_an_item_without_its_opening_shows_its_newest_part(
    engine: Engine, story: Any, take: Take, rows: Rows
) -> None:
    """Where the first pull reaches back less far than the ticket, a comment stands for it."""
    take(
        engine,
        story.received("1", Part.COMMENT, "c2", at=TEN, text="second"),
        story.received("1", Part.COMMENT, "c1", at=NINE, text="first"),
    )
    (item,) = rows(engine, items)
    assert (item["lead_part"], item["text"]) == ("comment", "second")


def test_the_newest_rating_is_the_score_and_may_be_taken_back(
    engine: Engine, story: Any, take: Take, rows: Rows
) -> None:
    """A part without a score leaves the score alone; a rating taken back removes it."""
    bad, good = Score.of(0, 0, 1, "csat_good_bad"), Score.of(1, 0, 1, "csat_good_bad")
    take(engine, story.received("1", Part.RATING, "r", at=TEN, score=good))
    take(engine, story.received("1", Part.RATING, "r", at=NINE, score=bad))
    take(engine, story.received("1", Part.COMMENT, "c", at=ELEVEN, text="thanks"))
    assert [item["score_raw"] for item in rows(engine, items)] == [1.0]
    take(engine, story.received("1", Part.RATING, "r", at=ELEVEN))
    (item,) = rows(engine, items)
    assert (item["score_raw"], item["score_normalised"]) == (None, None)


def test_an_event_without_a_customer_keeps_the_one_that_is_known(
    engine: Engine, story: Any, take: Take, rows: Rows
) -> None:
    """Only an event that names a customer changes the customer, and as a whole."""
    ann = Customer(id="support:user:7", name="Ann", email="ann@example.com")
    take(engine, story.received("1", at=NINE, customer=ann))
    take(engine, story.received("1", at=TEN, text="edited"))
    assert [item["customer_name"] for item in rows(engine, items)] == ["Ann"]
    take(engine, story.received("1", at=ELEVEN, customer=Customer(id="support:user:7")))
    assert [item["customer_email"] for item in rows(engine, items)] == [None]


def test_labels_may_arrive_before_the_item(
    engine: Engine, story: Any, take: Take, rows: Rows
) -> None:
    """An item known by its labels alone is there, and is completed by what comes later."""
    match = Match(label="kind=bug", rule="kind.bug", words=("fails",), reason="word")
    take(
        engine, story.classified("1", 1, at=TEN, area="billing", themes=("pdf",), matches=(match,))
    )
    (item,) = rows(engine, items)
    assert (item["status"], item["text"], item["channel"]) == ("classified", None, None)
    assert (item["kind"], item["area"], item["sentiment"]) == ("bug", "billing", "negative")
    assert (item["urgency"], item["urgency_rank"], item["confidence"]) == ("high", 2, 0.75)
    assert (item["language"], item["model_version"]) == ("en", "keywords-1")
    assert item["themes"] == ["pdf"]
    assert item["matches"] == [
        {"label": "kind=bug", "rule": "kind.bug", "words": ["fails"], "reason": "word"}
    ]
    take(engine, story.received("1", at=NINE, text="it fails"))
    (item,) = rows(engine, items)
    assert (item["status"], item["text"], item["kind"]) == ("classified", "it fails", "bug")


def test_the_highest_revision_of_labels_and_route_holds(
    engine: Engine, story: Any, take: Take, rows: Rows
) -> None:
    """Revisions that arrive late change nothing, even if their time is younger."""
    take(
        engine,
        story.classified("1", 10, at=NINE, kind=Kind.COMPLAINT, urgency=Urgency.CRITICAL),
        story.classified("1", 9, at=TEN, kind=Kind.PRAISE),
        story.routed("1", 2, at=NINE, team="core", owner=None, due_at=ELEVEN),
        story.routed("1", 1, at=TEN, team="billing"),
    )
    (item,) = rows(engine, items)
    assert (item["classified_revision"], item["kind"], item["urgency_rank"]) == (10, "complaint", 3)
    assert (item["routed_revision"], item["team"], item["owner"]) == (2, "core", None)
    assert item["due_at"] == ELEVEN
    assert item["status"] == "routed"


def test_a_route_keeps_every_target_with_its_reason(
    engine: Engine, story: Any, take: Take, rows: Rows
) -> None:
    """The item's route is that of the first target; all of them are kept in order."""
    targets = (
        Target(receiver="billing", route="billing", reason="area = billing"),
        Target(receiver="all", route="route.routes[1]", reason="everything"),
    )
    take(engine, story.routed("1", 1, targets=targets, announced=False, classified_revision=3))
    (item,) = rows(engine, items)
    assert item["route"] == "billing"
    assert [target["receiver"] for target in item["targets"]] == ["billing", "all"]
    assert item["targets"][1]["reason"] == "everything"
    assert (item["announced"], item["routed_on_revision"]) == (False, 3)


def test_an_item_whose_people_were_told_stays_announced(
    engine: Engine, story: Any, take: Take, rows: Rows
) -> None:
    """A replay's route is silent, which makes no silent history of what people have heard of."""
    take(
        engine,
        story.routed("1", 1, at=NINE),
        story.routed("1", 2, at=TEN, team="core", announced=False),
    )
    (item,) = rows(engine, items)
    assert (item["routed_revision"], item["team"], item["announced"]) == (2, "core", True)


def test_a_tool_whose_clock_runs_ahead_pins_nothing_to_the_top(
    engine: Engine, story: Any, take: Take, rows: Rows
) -> None:
    """Activity is never later than the moment the record reached Kafka."""
    take(engine, story.received("1", at=datetime(2999, 1, 1, tzinfo=UTC), written=TEN))
    (item,) = rows(engine, items)
    assert item["activity_at"] == TEN
    assert item["updated_at"] == datetime(2999, 1, 1, tzinfo=UTC)


def test_a_message_is_one_row_from_request_to_end(
    engine: Engine, story: Any, take: Take, rows: Rows
) -> None:
    """The outbox shows what was asked for and how it ended; pending ones have no outcome."""
    take(
        engine,
        story.settled("m1", "1", Outcome.FAILED, at=TEN),
        story.requested("m1", "1", at=NINE),
        story.requested("m2", "1", at=NINE),
    )
    first, second = rows(engine, messages)
    assert (first["outcome"], first["reason"]) == ("failed", "the channel is gone")
    assert (first["attempts"], first["repeated"], first["reference"]) == (2, True, "C1/1.2")
    assert (first["requested_at"], first["settled_at"]) == (NINE, TEN)
    assert (first["title"], first["body"]) == ("Invoices fail", "They fail since Monday")
    assert first["facts"] == [{"label": "Urgency", "value": "high"}]
    assert (first["receiver"], first["about"]) == ("billing", "support:ticket:1")
    assert (second["title"], second["outcome"], second["settled_at"]) == (
        "Invoices fail",
        None,
        None,
    )


def test_the_newest_checkpoint_tells_how_a_source_is(
    engine: Engine, story: Any, take: Take, rows: Rows
) -> None:
    """A source is one row: its state, what to do about it, and when it is read next."""
    older, newer = (
        story.checkpoint(at=NINE),
        story.checkpoint(at=TEN, status="stopped", remedy="renew the token"),
    )
    take(engine, newer)
    take(engine, older)
    (source,) = rows(engine, sources)
    assert (source["status"], source["remedy"]) == ("stopped", "renew the token")
    assert (source["vendor"], source["records"], source["dead"]) == ("zendesk", 3, 1)
    assert source["checkpoint"] == {"cursor": TEN.isoformat()}
    assert (source["saved_at"], source["last_success"]) == (TEN, TEN)
    assert source["next_pull_at"] == TEN + timedelta(minutes=1)


@pytest.mark.parametrize("topic", [RECEIVED, CLASSIFIED, ROUTED], ids=lambda topic: topic.name)
def test_dead_letters_of_every_topic_are_kept_raw(
    engine: Engine, story: Any, take: Take, rows: Rows, topic: Any
) -> None:
    """A dead letter keeps its bytes, its origin and its reason."""
    take(engine, story.dead_letter(topic, at=TEN))
    (letter,) = rows(engine, dead_letters)
    assert letter == {
        "topic": f"{topic.name}.dlq",
        "role": "feedback",
        "letter_id": f"{topic.name}@2/17",
        "latest_offset": 0,
        "partition": 0,
        "origin_topic": topic.name,
        "origin_partition": 2,
        "origin_offset": 17,
        "source_name": None,
        "record_id": None,
        "error_class": "decode",
        "message": "no event",
        "attempts": 1,
        "worker_version": "0.1.0",
        "first_failed_at": TEN,
        "last_failed_at": TEN,
        "settled_offset": None,
        "settled_as": None,
        "settled_at": None,
        "settled_digest": None,
        "record_offset": 0,
        "key": b"k",
        "value": b"\x00\xffraw",
        "truncated": False,
        "headers": {"h": "v"},
        "digest": None,
    }


def test_a_settled_letter_keeps_its_bytes_and_says_how_it_ended(
    engine: Engine, story: Any, take: Take, rows: Rows
) -> None:
    """The letter is one row; what it held can still be looked at."""
    take(engine, story.dead_letter(RECEIVED, at=TEN))
    take(engine, story.settled_letter(RECEIVED, SettledAs.DROPPED, at=ELEVEN))
    (letter,) = rows(engine, dead_letters)
    assert (letter["settled_as"], letter["settled_at"]) == ("dropped", ELEVEN)
    assert (letter["value"], letter["key"], letter["headers"]) == (
        b"\x00\xffraw",
        b"k",
        {"h": "v"},
    )
    assert (letter["record_offset"], letter["latest_offset"]) == (0, 1)


def test_a_letter_that_fails_again_is_open_again(
    engine: Engine, story: Any, take: Take, rows: Rows
) -> None:
    """One row with the attempts, whichever of its records is projected first."""
    told = [
        story.dead_letter(RECEIVED, at=NINE),
        story.settled_letter(RECEIVED, SettledAs.REPLAYED, at=TEN),
        story.dead_letter(RECEIVED, at=ELEVEN, attempts=2, first_failed_at=NINE),
    ]
    for record in reversed(told):
        take(engine, record)
    (letter,) = rows(engine, dead_letters)
    assert (letter["settled_offset"], letter["attempts"], letter["record_offset"]) == (1, 2, 2)
    assert (letter["first_failed_at"], letter["last_failed_at"]) == (NINE, ELEVEN)


def test_a_settlement_alone_is_a_row_without_bytes(
    engine: Engine, story: Any, take: Take, rows: Rows
) -> None:
    """After a rebuild from topics that no longer hold the failure, the end of it is known."""
    take(engine, story.settled_letter(RECEIVED, SettledAs.DROPPED, at=TEN))
    (letter,) = rows(engine, dead_letters)
    assert (letter["settled_as"], letter["value"], letter["record_offset"]) == (
        "dropped",
        None,
        None,
    )
    assert letter["message"] == "no event"


def test_a_connectors_dead_record_names_its_source(
    engine: Engine, story: Any, take: Take, rows: Rows
) -> None:
    """A record that never was in Kafka is named by its source and the vendor's id."""
    origin = Origin(topic=RECEIVED.name, source_name="support", record_id="tickets.csv:12")
    take(engine, story.dead_letter(RECEIVED, origin=origin, error_class=ErrorClass.MAPPING))
    (letter,) = rows(engine, dead_letters)
    assert (letter["source_name"], letter["record_id"]) == ("support", "tickets.csv:12")
    assert (letter["origin_offset"], letter["error_class"]) == (-1, "mapping")
