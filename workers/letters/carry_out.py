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

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from kafka.errors import KafkaError

from schemas.platform import DeadLetter, SettledAs
from workers.config.settings import KafkaSettings
from workers.letters.box import LetterBox, Spot, kafka_failures, open_box
from workers.letters.decision import Refusal, Write, settlement
from workers.letters.letter import Fold, Letter, Name
from workers.letters.seam import LettersError
from workers.letters.writer import Writer, fenced
from workers.streaming.batches import batches

__all__ = ["Choose", "Decide", "Done", "carry_out"]

_ATTEMPTS = 5
_BATCH_LETTERS = 200
_BATCH_BYTES = 4 * 1024 * 1024

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
    def taken_on(self) -> int:
        """How many letters were meant and are done with."""
        return len(self.settled) + len(self.refused) + self.expired

    @property
    def nothing(self) -> bool:
        """Whether no letter was meant."""
        return self.taken_on == 0


def carry_out(
    kafka: KafkaSettings,
    where: Sequence[str] | Sequence[Spot],
    choose: Choose,
    decide: Decide,
    outcome: SettledAs,
    *,
    now: Callable[[], datetime],
    limit: int | None = None,
    dry_run: bool = False,
    open_writer: Callable[[KafkaSettings], Writer] = Writer,
) -> Done:
    """Settle what ``choose`` means as ``outcome``, after writing what ``decide`` says.

    ``where``: dead-letter topics, or partitions of them. ``limit``: only the first so many,
    whatever happens on the way. A dry run writes nothing and fences nobody. Raises
    ``LettersError``; what was committed before is in Kafka.
    """
    done = Done()
    with kafka_failures(kafka), open_box(kafka) as box:
        spots = [
            spot for one in where for spot in ([one] if isinstance(one, Spot) else box.spots([one]))
        ]
        if dry_run:
            _Round(box, None, spots, choose, decide, outcome, now).run(done, limit)
            return done
        for _ in range(_ATTEMPTS):
            writer = open_writer(kafka)
            try:
                writer.take_over()
                _Round(box, writer, spots, choose, decide, outcome, now).run(done, limit)
            except KafkaError as error:
                if not fenced(error):
                    raise
            else:
                return done
            finally:
                writer.close()
    raise LettersError(
        "somebody else replays or drops dead letters all the time: wait until they are done. "
        f"{len(done.settled)} of yours are settled"
    )


@dataclass(slots=True)
class _Round:
    """One try, between taking over and being fenced."""

    box: LetterBox
    writer: Writer | None
    """``None``: a dry run."""
    spots: Sequence[Spot]
    choose: Choose
    decide: Decide
    outcome: SettledAs
    now: Callable[[], datetime]

    def run(self, done: Done, limit: int | None) -> None:
        """Take on what is left; ``done`` grows with every commit."""
        fold = self.box.read(self.spots, to_the_end=self.writer is not None)
        done.unreadable = len(fold.unreadable)
        over: set[Name] = {letter.name for letter in done.settled}
        over |= {letter.name for letter, _ in done.refused}
        meant = [letter for letter in self.choose(fold) if letter.name not in over]
        left = None if limit is None else limit - done.taken_on
        for batch in _batches(meant[:left]):
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
        if self.writer is not None and writes:
            self.writer.commit(writes)
        done.settled += settled
        done.refused += refused
        done.expired += len(batch) - len(settled) - len(refused)


def _batches(letters: Sequence[Letter]) -> Iterator[Sequence[Letter]]:
    """Letters that fit one transaction, as they stand in their partitions: read in one go."""
    standing = sorted(letters, key=lambda one: (one.topic, one.partition, one.offset))
    return batches(standing, most=_BATCH_LETTERS, most_bytes=_BATCH_BYTES)
