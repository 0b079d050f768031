"""The actions of a letter's page, on a real Kafka."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from connectors.base.clock import SystemClock
from schemas.platform import Origin
from schemas.topics import Topic
from tests.integration.streaming.cluster import read_committed, write
from tests.letters.conftest import letter_record
from workers.config.settings import KafkaSettings
from workers.letters.actions import KafkaLetterActions
from workers.letters.box import open_box
from workers.letters.choice import LetterFilter
from workers.letters.letter import Letter
from workers.letters.seam import LetterPlace, Sweep
from workers.streaming.topics.admin import apply_registry

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]


@pytest.fixture
def source(kafka_cluster: KafkaSettings, unique: Callable[[str], str]) -> Topic:
    """A topic with dead letters, made."""
    made = Topic(f"test.{unique('buttons')}.in.v1", "key", "input")
    letters = Topic(made.dead_letters, "key", "dead letters")
    apply_registry(kafka_cluster, [made, letters])
    return made


def put(
    kafka: KafkaSettings, source: Topic, offset: int, *, role: str = "feedback", **fields: bool
) -> LetterPlace:
    """Write a letter; returns its place as the pages know it."""
    origin = Origin(topic=source.name, partition=0, offset=offset)
    record = letter_record(origin=origin, at=datetime.now(UTC), key=b"k", role=role, **fields)
    assert record.key is not None
    assert record.value is not None
    write(kafka, record.topic, [(record.key, record.value)])
    named = (record.topic, role, f"{source.name}/0/{offset}")
    letter = next(one for one in letters(kafka, source) if one.name == named)
    return LetterPlace(letter.topic, letter.partition, letter.offset, role, letter.id)


def letters(kafka: KafkaSettings, source: Topic) -> tuple[Letter, ...]:
    """The letters as they stand."""
    with open_box(kafka) as box:
        return box.read(box.spots([source.dead_letters])).letters


def test_one_letter_is_acted_on_and_its_neighbours_are_not(
    kafka_cluster: KafkaSettings, source: Topic
) -> None:
    """Replay and drop reach the letter they are asked about, and only once."""
    first, second, third = (put(kafka_cluster, source, number) for number in (1, 2, 3))
    actions = KafkaLetterActions(kafka_cluster, SystemClock())
    assert actions.replay(second).done
    assert actions.drop(third).done
    states = {
        letter.id: letter.settled.outcome.value if letter.settled else "open"
        for letter in letters(kafka_cluster, source)
    }
    assert states == {
        first.letter_id: "open",
        second.letter_id: "replayed",
        third.letter_id: "dropped",
    }
    again = actions.replay(second)
    assert not again.done
    assert again.text.startswith("it was replayed on")
    assert len(read_committed(kafka_cluster, source)) == 1


def test_another_roles_letter_of_the_same_record_is_left_alone(
    kafka_cluster: KafkaSettings, source: Topic
) -> None:
    """Two roles that fail on one record have letters of one id."""
    mine = put(kafka_cluster, source, 1)
    other = put(kafka_cluster, source, 1, role="kpis")
    assert mine.letter_id == other.letter_id
    assert KafkaLetterActions(kafka_cluster, SystemClock()).drop(mine).done
    states = {one.data.role: one.settled is not None for one in letters(kafka_cluster, source)}
    assert states == {"feedback": True, "kpis": False}


def test_a_letter_that_cannot_be_replayed_is_refused_with_the_reason(
    kafka_cluster: KafkaSettings, source: Topic
) -> None:
    """The page shows what the command line says; a letter that is gone is named as that."""
    cut = put(kafka_cluster, source, 1, truncated=True)
    actions = KafkaLetterActions(kafka_cluster, SystemClock())
    refused = actions.replay(cut)
    assert not refused.done
    assert "bytes of the record were kept" in refused.text
    gone = LetterPlace(cut.topic, cut.partition, cut.offset, "feedback", "another")
    assert "past its retention" in actions.drop(gone).text


def test_all_that_match_are_acted_on_after_a_dry_run(
    kafka_cluster: KafkaSettings, source: Topic
) -> None:
    """The dry run says what is done then; the oldest first, no more than one request takes on."""
    for number in (1, 2, 3):
        put(kafka_cluster, source, number)
    put(kafka_cluster, source, 4, truncated=True)
    actions = KafkaLetterActions(kafka_cluster, SystemClock(), most=3)
    chosen = LetterFilter(topic=source.name, key=b"k")
    assert actions.replay_all(chosen, limit=99, dry_run=True) == Sweep(settled=3, beyond=1)
    asked = actions.replay_all(chosen, limit=2, dry_run=True)
    assert asked == Sweep(settled=2, beyond=2)
    assert read_committed(kafka_cluster, source) == []
    assert actions.replay_all(chosen, limit=2) == asked
    assert [letter.settled is not None for letter in letters(kafka_cluster, source)] == [
        True,
        True,
        False,
        False,
    ]
    rest = actions.replay_all(chosen)
    assert (rest.settled, rest.beyond) == (1, 0)
    (reason,) = rest.refused
    assert (reason.count, reason.forceable) == (1, False)
    assert actions.drop_all(LetterFilter(topic=source.name, key=b"other")) == Sweep(0)
    assert actions.drop_all(chosen, dry_run=True) == actions.drop_all(chosen) == Sweep(1)
    assert len(read_committed(kafka_cluster, source)) == 3


def test_what_was_dropped_is_replayed_when_somebody_insists(
    kafka_cluster: KafkaSettings, source: Topic
) -> None:
    """The refusal says that it can be done all the same."""
    place = put(kafka_cluster, source, 1)
    actions = KafkaLetterActions(kafka_cluster, SystemClock())
    assert actions.drop(place).done
    refused = actions.replay(place)
    assert (refused.done, refused.forceable) == (False, True)
    assert actions.replay(place, force=True).done
    assert len(read_committed(kafka_cluster, source)) == 1


def test_what_is_a_matter_of_judgement_is_replayed_with_the_others_when_somebody_insists(
    kafka_cluster: KafkaSettings, source: Topic
) -> None:
    """Without that it is refused, and counted as what can be done all the same."""
    put(kafka_cluster, source, 1, headers_truncated=True)
    put(kafka_cluster, source, 2)
    actions = KafkaLetterActions(kafka_cluster, SystemClock())
    chosen = LetterFilter(topic=source.name)
    asked = actions.replay_all(chosen, dry_run=True)
    assert asked.settled == 1
    assert [(reason.count, reason.forceable) for reason in asked.refused] == [(1, True)]
    assert actions.replay_all(chosen, force=True) == Sweep(2)
    assert len(read_committed(kafka_cluster, source)) == 2


def test_two_clicks_are_one_replay(kafka_cluster: KafkaSettings, source: Topic) -> None:
    """Somebody who is impatient does no harm."""
    place = put(kafka_cluster, source, 1)
    actions = KafkaLetterActions(kafka_cluster, SystemClock())
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(actions.replay, [place] * 3))
    assert sorted(answer.done for answer in answers) == [False, False, True]
    assert len(read_committed(kafka_cluster, source)) == 1
