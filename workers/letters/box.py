"""Reads dead letters from Kafka: committed ones only, with kafka-python."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from schemas.platform import DeadLetter
from workers.config.settings import KafkaSettings
from workers.letters.letter import Fold, Letter, read_letter
from workers.letters.seam import LettersError
from workers.processor import Record
from workers.streaming.access.errors import ClusterError
from workers.streaming.access.knock import knock_blocking
from workers.streaming.access.reasons import refused_right
from workers.streaming.connection.clients import admin_settings

__all__ = ["LetterBox", "Spot", "kafka_failures", "open_box"]

_TIMEOUT_MS = 10_000
_READ_SECONDS = 60.0
"""Longest wait without a record. A worker's open transaction, which holds up what comes after
it, is ended by the broker after 30 seconds."""
_POLL_MS = 500
_SEEK_BEYOND = 2_000
"""Records that are rather read than jumped over."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A partition of a dead-letter topic, from an offset on."""

    topic: str
    partition: int
    offset: int = 0


class LetterBox:
    """The letters of some dead-letter topics. Made by ``open_box``."""

    def __init__(self, consumer: Any, make_consumer: Callable[..., Any]) -> None:
        self._consumer = consumer
        self._make_consumer = make_consumer

    def spots(self, topics: Iterable[str]) -> list[Spot]:
        """The partitions of the topics; raises ``LettersError`` where one does not exist."""
        found: list[Spot] = []
        for topic in topics:
            partitions = self._consumer.partitions_for_topic(topic)
            if not partitions:
                raise LettersError(
                    f"topic {topic} does not exist; create it with: productops topics apply"
                )
            found += [Spot(topic, partition) for partition in sorted(partitions)]
        return found

    def read(self, spots: Sequence[Spot], *, to_the_end: bool = False) -> Fold:
        """The letters of these partitions as they stand now, without their raw bytes.

        ``to_the_end`` waits for transactions that are open at this moment, instead of stopping
        before them: whoever is about to write must know everything. Raises ``LettersError``.
        """
        first = {TopicPartition(spot.topic, spot.partition): spot.offset for spot in spots}
        ends = self._ends(list(first), committed=not to_the_end)
        fold = Fold()
        self._consumer.assign(list(first))
        begins = self._consumer.beginning_offsets(list(first))
        for tp, offset in first.items():
            self._consumer.seek(tp, max(offset, begins[tp]))
        deadline = time.monotonic() + _READ_SECONDS
        while any(self._consumer.position(tp) < end for tp, end in ends.items()):
            for tp, records in self._consumer.poll(timeout_ms=_POLL_MS).items():
                deadline = time.monotonic() + _READ_SECONDS
                for record in records:
                    if record.offset < ends[tp]:
                        fold.add(_record(record))
            if time.monotonic() > deadline:
                raise LettersError(
                    f"the dead letters could not be read to their end within {_READ_SECONDS:.0f} s:"
                    " a broker is away, or a transaction is left open. Try again in a minute"
                )
        return fold

    def raw(self, letters: Iterable[Letter]) -> Iterator[tuple[Letter, DeadLetter]]:
        """The letters with their raw bytes; one whose record has expired meanwhile is left out."""
        places: dict[TopicPartition, list[Letter]] = {}
        for letter in letters:
            places.setdefault(TopicPartition(letter.topic, letter.partition), []).append(letter)
        for tp, wanted in places.items():
            yield from self._raw(tp, sorted(wanted, key=lambda letter: letter.offset))

    def _raw(self, tp: Any, wanted: list[Letter]) -> Iterator[tuple[Letter, DeadLetter]]:
        self._consumer.assign([tp])
        position = -1
        deadline = time.monotonic() + _READ_SECONDS
        while wanted:
            target = wanted[0].offset
            if not position <= target < position + _SEEK_BEYOND or position < 0:
                self._consumer.seek(tp, target)
            for record in self._consumer.poll(timeout_ms=_POLL_MS).get(tp, []):
                deadline = time.monotonic() + _READ_SECONDS
                position = record.offset + 1
                while wanted and wanted[0].offset < record.offset:
                    wanted.pop(0)
                if wanted and wanted[0].offset == record.offset:
                    event = read_letter(_record(record))
                    letter = wanted.pop(0)
                    if event is not None:
                        yield letter, event.data
            if time.monotonic() > deadline:
                raise LettersError("the raw records could not be read: try again in a minute")

    def _ends(self, places: list[Any], *, committed: bool) -> Mapping[Any, int]:
        if committed:
            ends: Mapping[Any, int] = self._consumer.end_offsets(places)
            return ends
        other = self._make_consumer(isolation_level="read_uncommitted")
        try:
            return dict(other.end_offsets(places))
        finally:
            other.close()


@contextmanager
def open_box(kafka: KafkaSettings) -> Iterator[LetterBox]:
    """A box; every failure of Kafka inside comes out as ``LettersError``."""

    def make_consumer(isolation_level: str = "read_committed") -> Any:
        return KafkaConsumer(
            **admin_settings(kafka),
            client_id="productops-dlq",
            group_id=None,
            isolation_level=isolation_level,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            bootstrap_timeout_ms=_TIMEOUT_MS,
            request_timeout_ms=_TIMEOUT_MS,
        )

    with kafka_failures(kafka):
        knock_blocking(kafka)
        consumer = make_consumer()
        try:
            yield LetterBox(consumer, make_consumer)
        finally:
            consumer.close()


@contextmanager
def kafka_failures(kafka: KafkaSettings) -> Iterator[None]:
    """Tells what goes wrong with Kafka as ``LettersError``, with what to do."""
    try:
        yield
    except ClusterError as error:
        raise LettersError(str(error)) from error
    except (KafkaError, OSError) as error:
        where = ", ".join(kafka.servers)
        raise LettersError(
            refused_right(error)
            or f"Kafka at {where}: {type(error).__name__}: {error}. Check that the brokers run"
        ) from error


def _record(record: Any) -> Record:
    return Record(
        record.topic,
        record.partition,
        record.offset,
        record.key,
        record.value,
        record.timestamp,
    )
