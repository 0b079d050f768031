"""A record that died and was replayed is the record that died, on a real Kafka."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from schemas.platform import ErrorClass, SettledAs
from schemas.topics import Topic
from tests.integration.streaming.cluster import read_committed, write
from workers.config.settings import KafkaSettings
from workers.letters.carry_out import carry_out
from workers.letters.decision import replay
from workers.processor import Record
from workers.streaming.engine.evaluation.dead_letters import letter as letter_of
from workers.streaming.engine.evaluation.evaluate import Dead
from workers.streaming.replayed import PREFIX
from workers.streaming.topics.admin import apply_registry

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(120)]


def now() -> datetime:
    """The time on the wall."""
    return datetime.now(UTC)


def test_key_value_and_headers_come_back_as_they_were(
    kafka_cluster: KafkaSettings, unique: Callable[[str], str]
) -> None:
    """Bytes that are no text, repeated names, and what is null: nothing is made something else."""
    source = Topic(f"test.{unique('lossless')}.in.v1", "key", "input")
    letters = Topic(source.dead_letters, "key", "dead letters")
    apply_registry(kafka_cluster, [source, letters])
    odd = (("t", b"\xff"), ("t", None), ("a", b"x" * 999), ("t", b""), ("é", b"1"))
    died = [
        Record(source.name, 3, 10, b"k\xff", b"\x00\xff", 0, odd),
        Record(source.name, 3, 11, b"deleted", None, 0, (("t", b"1"),)),
        Record(source.name, 3, 12, None, None, 0, ()),
        Record(source.name, 3, 13, None, b"", 0, (("only", None),)),
        Record(source.name, 3, 14, b"", b"empty key", 0, ()),
    ]
    made = [
        letter_of(Dead(one, ErrorClass.DECODE, "why"), role="feedback", now=1_700_000_000_000)
        for one in died
    ]
    write(kafka_cluster, letters.name, [(one.key, one.value) for one in made])
    done = carry_out(
        kafka_cluster,
        [letters.name],
        lambda found: [one for one in found.letters if one.settled is None],
        lambda letter, raw: replay(letter, raw, now=now()),
        SettledAs.REPLAYED,
        now=now,
    )
    assert (len(done.settled), done.refused) == (5, [])
    came = read_committed(kafka_cluster, source)

    def own(record: Record) -> tuple[tuple[str, bytes | None], ...]:
        return tuple(pair for pair in record.headers if not pair[0].startswith(PREFIX))

    def sortable(record: Record) -> str:
        return repr((record.key, record.value, own(record)))

    assert sorted(map(sortable, came)) == sorted(map(sortable, died))
    assert {one.partition for one in came if one.key is None} == {3}
