"""Replays and drops on a broker that stands still in the middle end, and say what is known."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from queue import Queue

import pytest

from connectors.base.clock import SystemClock
from schemas.platform import DeadLetter, Origin, SettledAs
from schemas.topics import Topic
from tests.integration.brokers import Broker
from tests.integration.membership.freezing import frozen, one_to_freeze
from tests.integration.streaming.cluster import read_committed, until, write
from tests.letters.conftest import letter_record
from workers.config.settings import KafkaSettings
from workers.letters.actions import KafkaLetterActions
from workers.letters.carry_out import Done, carry_out
from workers.letters.decision import Refusal, Write, replay
from workers.letters.letter import Fold, Letter
from workers.letters.seam import LetterPlace, LettersError
from workers.letters.writer import Writer
from workers.streaming.topics.admin import apply_registry

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory, kafka_jars: Path) -> Iterator[Broker]:
    """A broker that may be frozen."""
    with one_to_freeze(tmp_path_factory.mktemp("frozen"), kafka_jars) as made:
        yield made


@pytest.fixture
def source(broker: Broker, unique: Callable[[str], str]) -> Topic:
    """A topic with a dead letter of its record at offset 1."""
    made = Topic(f"test.{unique('frozen')}.in.v1", "key", "input")
    letters = Topic(made.dead_letters, "key", "dead letters")
    apply_registry(broker.kafka, [made, letters])
    origin = Origin(topic=made.name, partition=0, offset=1)
    record = letter_record(origin=origin, at=now(), key=b"k")
    assert record.key is not None
    assert record.value is not None
    write(broker.kafka, record.topic, [(record.key, record.value)])
    return made


def now() -> datetime:
    """The time on the wall."""
    return datetime.now(UTC)


def everything_open(found: Fold) -> Sequence[Letter]:
    """Every open letter."""
    return [letter for letter in found.letters if letter.settled is None]


def decide(letter: Letter, raw: DeadLetter) -> Write | Refusal:
    """Replay what can be replayed."""
    return replay(letter, raw, now=now())


def replay_all(
    kafka: KafkaSettings,
    source: Topic,
    *,
    decide: Callable[[Letter, DeadLetter], Write | Refusal] = decide,
    written: Callable[[], None] = lambda: None,
    seconds: float = 30,
) -> Done:
    """Replay what is open."""

    def open_writer(kafka: KafkaSettings) -> Writer:
        return Writer(kafka, seconds=seconds, written=written)

    return carry_out(
        kafka,
        [source.dead_letters],
        everything_open,
        decide,
        SettledAs.REPLAYED,
        now=now,
        open_writer=open_writer,
    )


def senders() -> set[threading.Thread]:
    """The threads of producers that are still about."""
    return {thread for thread in threading.enumerate() if "sender" in type(thread).__name__.lower()}


def test_a_commit_without_an_answer_is_said_to_be_unknown(broker: Broker, source: Topic) -> None:
    """It ends in time, leaves no thread behind, and run again it replays the record once."""
    before = senders()
    with ExitStack() as ice:
        with pytest.raises(LettersError, match=r"not known whether .* Run it again"):
            replay_all(
                broker.kafka,
                source,
                written=lambda: ice.enter_context(frozen(broker)),
                seconds=2,
            )
        until(lambda: senders() <= before, "the producer's thread has ended")
    replay_all(broker.kafka, source)
    assert [record.value for record in read_committed(broker.kafka, source)] == [b"raw"]


def test_records_that_are_not_taken_are_said_not_to_be_written(
    broker: Broker, source: Topic
) -> None:
    """A broker that stands still before the records are written ends the action in time, too."""
    before = senders()
    with ExitStack() as ice:

        def freeze(letter: Letter, raw: DeadLetter) -> Write | Refusal:
            ice.enter_context(frozen(broker))
            return decide(letter, raw)

        with pytest.raises(LettersError, match="none of this batch was written"):
            replay_all(broker.kafka, source, decide=freeze, seconds=2)
        until(lambda: senders() <= before, "the producer's thread has ended")
    assert len(replay_all(broker.kafka, source).settled) == 1
    assert [record.value for record in read_committed(broker.kafka, source)] == [b"raw"]


def test_a_click_does_not_wait_for_another_one_for_long(broker: Broker, source: Topic) -> None:
    """The server's threads are not used up by one action that stands still."""
    place = LetterPlace(source.dead_letters, 0, 0, "feedback", f"{source.name}/0/1")
    actions = KafkaLetterActions(broker.kafka, SystemClock(), wait_seconds=0.1)
    first: Queue[Exception] = Queue()

    def click() -> None:
        try:
            actions.replay(place)
        except LettersError as error:
            first.put(error)

    with frozen(broker):
        clicking = threading.Thread(target=click)
        clicking.start()
        until(actions._one_at_a_time.locked, "the first click is under way")
        with pytest.raises(LettersError, match="another action on dead letters is under way"):
            actions.drop(place)
        clicking.join(120)
    assert "127.0.0.1" in str(first.get(timeout=1))
