"""Replays and drops: each letter's record and its settlement are one Kafka transaction.

    1. begin as the only one   every command has the same transactional id: whoever starts fences
                               the others and ends what they left open
    2. read to the end         with everything the others have committed; what they settled is
                               settled
    3. write and commit        in batches, replayed record and settlement together
    4. fenced meanwhile        begin at 1 again with what is left

So a letter is never replayed twice by two people, nor replayed and left open, nor settled and
not replayed, wherever the process dies.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kafka import KafkaProducer
from kafka.errors import (
    InvalidProducerEpochError,
    InvalidProducerIdMappingError,
    KafkaError,
    ProducerFencedError,
    TransactionCoordinatorFencedError,
)

from schemas.partitioner import partition_for
from schemas.platform import DeadLetter, SettledAs
from workers.config.settings import KafkaSettings
from workers.letters.box import LetterBox, Spot, kafka_failures, open_box
from workers.letters.decision import Refusal, Write, settlement
from workers.letters.letter import Fold, Letter, Name
from workers.letters.seam import LettersError
from workers.streaming.batches import batches
from workers.streaming.clients import admin_settings

__all__ = ["TRANSACTIONAL_ID", "Choose", "Decide", "Done", "carry_out"]

TRANSACTIONAL_ID = "productops-dlq"
"""Of whoever replays or drops."""

_FENCED = (
    InvalidProducerEpochError,
    InvalidProducerIdMappingError,
    ProducerFencedError,
    TransactionCoordinatorFencedError,
)
_ATTEMPTS = 5
_BATCH_LETTERS = 200
_BATCH_BYTES = 4 * 1024 * 1024
_REQUEST_BYTES = 2 * 1024 * 1024
_TRANSACTION_MS = 30_000

Choose = Callable[[Fold], Sequence[Letter]]
"""Which of the letters are meant. May raise what its caller understands."""
Decide = Callable[[Letter, DeadLetter], Write | Refusal | None]
"""What is written for a letter; ``None`` for nothing but its settlement."""


@dataclass(slots=True)
class Done:
    """What became of the letters that were meant."""

    settled: list[Letter] = field(default_factory=list)
    refused: list[tuple[Letter, Refusal]] = field(default_factory=list)
    expired: int = 0
    """Letters whose raw bytes were gone when they were to be read."""
    unreadable: int = 0
    """Records in the topics that are no letters."""

    @property
    def nothing(self) -> bool:
        """Whether no letter was meant."""
        return not (self.settled or self.refused or self.expired)


def carry_out(
    kafka: KafkaSettings,
    where: Sequence[str] | Sequence[Spot],
    choose: Choose,
    decide: Decide,
    outcome: SettledAs,
    *,
    now: Callable[[], datetime],
    dry_run: bool = False,
) -> Done:
    """Settle what ``choose`` means as ``outcome``, after writing what ``decide`` says.

    ``where``: dead-letter topics, or partitions of them. A dry run writes nothing and fences
    nobody. Raises ``LettersError``; what was committed before is in Kafka.
    """
    done = Done()
    with kafka_failures(kafka), open_box(kafka) as box:
        spots = [
            spot for one in where for spot in ([one] if isinstance(one, Spot) else box.spots([one]))
        ]
        if dry_run:
            _Round(box, None, spots, choose, decide, outcome, now).run(done)
            return done
        for _ in range(_ATTEMPTS):
            producer = _producer(kafka)
            try:
                producer.init_transactions()
                _Round(box, producer, spots, choose, decide, outcome, now).run(done)
            except KafkaError as error:
                if not _fenced(error):
                    raise
            else:
                return done
            finally:
                with suppress(KafkaError):
                    producer.close(timeout=5)
    raise LettersError(
        "somebody else replays or drops dead letters all the time: wait until they are done. "
        f"{len(done.settled)} of yours are settled"
    )


@dataclass(slots=True)
class _Round:
    """One try, between taking over and being fenced."""

    box: LetterBox
    producer: Any
    """``None``: a dry run."""
    spots: Sequence[Spot]
    choose: Choose
    decide: Decide
    outcome: SettledAs
    now: Callable[[], datetime]

    def run(self, done: Done) -> None:
        """Take on what is left; ``done`` grows with every commit."""
        fold = self.box.read(self.spots, to_the_end=self.producer is not None)
        done.unreadable = len(fold.unreadable)
        over: set[Name] = {letter.name for letter in done.settled}
        over |= {letter.name for letter, _ in done.refused}
        meant = [letter for letter in self.choose(fold) if letter.name not in over]
        for batch in _batches(meant):
            self._settle(batch, done)

    def _settle(self, batch: Sequence[Letter], done: Done) -> None:
        settled: list[Letter] = []
        writes: list[Write] = []
        refused: list[tuple[Letter, Refusal]] = []
        for letter, raw in self.box.raw(batch):
            decided = self.decide(letter, raw)
            if isinstance(decided, Refusal):
                refused.append((letter, decided))
                continue
            settled.append(letter)
            writes += [decided] if decided is not None else []
            writes.append(settlement(letter, self.outcome, self.now()))
        if self.producer is not None and writes:
            self._commit(writes)
        done.settled += settled
        done.refused += refused
        done.expired += len(batch) - len(settled) - len(refused)

    def _commit(self, writes: Iterable[Write]) -> None:
        self.producer.begin_transaction()
        sent = [self._send(write) for write in writes]
        self.producer.flush()
        for future in sent:
            future.get(timeout=_TRANSACTION_MS / 1000)
        self.producer.commit_transaction()

    def _send(self, write: Write) -> Any:
        partition = write.partition
        if partition is None:
            if write.key is None:
                msg = f"a record for {write.topic} has neither key nor partition"
                raise ValueError(msg)
            partitions = self.producer.partitions_for(write.topic)
            partition = partition_for(write.key, len(partitions))
        return self.producer.send(
            write.topic,
            key=write.key,
            value=write.value,
            headers=list(write.headers),
            partition=partition,
        )


def _fenced(error: KafkaError) -> bool:
    """Whether somebody else has taken over; kafka-python wraps it when it finds out later."""
    return any(isinstance(one, _FENCED) for one in (error, error.__cause__, *error.args))


def _batches(letters: Sequence[Letter]) -> Iterator[Sequence[Letter]]:
    """Letters that fit one transaction, as they stand in their partitions: read in one go."""
    standing = sorted(letters, key=lambda one: (one.topic, one.partition, one.offset))
    return batches(standing, most=_BATCH_LETTERS, most_bytes=_BATCH_BYTES)


def _producer(kafka: KafkaSettings) -> Any:
    return KafkaProducer(
        **admin_settings(kafka),
        client_id=TRANSACTIONAL_ID,
        transactional_id=TRANSACTIONAL_ID,
        transaction_timeout_ms=_TRANSACTION_MS,
        max_request_size=_REQUEST_BYTES,
        acks="all",
        bootstrap_timeout_ms=10_000,
    )
