"""One letter at a time: the actions of a page, on Kafka."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from threading import Lock

from connectors.base.contract import Clock
from schemas.platform import DeadLetter, SettledAs
from workers.config.settings import KafkaSettings
from workers.letters import decision
from workers.letters.box import Spot
from workers.letters.carry_out import Decide, carry_out
from workers.letters.letter import Fold, Letter
from workers.letters.seam import Answer, LetterPlace, LettersError

__all__ = ["KafkaLetterActions"]

_WAIT_SECONDS = 15.0
"""For the action before; one takes a second or two."""


class KafkaLetterActions:
    """Fulfils ``LetterActions``. Reads no more than what follows the letter in its partition."""

    def __init__(
        self, kafka: KafkaSettings, clock: Clock, *, wait_seconds: float = _WAIT_SECONDS
    ) -> None:
        self._kafka = kafka
        self._wait_seconds = wait_seconds
        self._clock = clock
        self._one_at_a_time = Lock()
        """Two clicks wait for each other instead of fencing each other, but not for long: each
        that waits holds a thread of the server."""

    def replay(self, letter: LetterPlace, /) -> Answer:
        """See ``LetterActions``."""

        def decide(found: Letter, raw: DeadLetter) -> decision.Write | decision.Refusal:
            return decision.replay(found, raw, now=self._now())

        return self._carry_out(letter, decide, SettledAs.REPLAYED)

    def drop(self, letter: LetterPlace, /) -> Answer:
        """See ``LetterActions``."""

        def decide(found: Letter, raw: DeadLetter) -> decision.Refusal | None:
            del raw
            return decision.drop(found)

        return self._carry_out(letter, decide, SettledAs.DROPPED)

    def _carry_out(self, place: LetterPlace, decide: Decide, outcome: SettledAs) -> Answer:
        name = (place.topic, place.role, place.letter_id)

        def choose(fold: Fold) -> Sequence[Letter]:
            return [letter for letter in fold.letters if letter.name == name]

        spot = Spot(place.topic, place.partition, place.offset)
        with self._alone():
            done = carry_out(self._kafka, [spot], choose, decide, outcome, now=self._now)
        if done.settled:
            return Answer(done=True)
        for _, refusal in done.refused:
            return Answer(done=False, text=f"{refusal.reason}. To do: {refusal.remedy}.")
        return Answer(done=False, text="Kafka does not hold it any more: it is past its retention.")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._one_at_a_time.acquire(timeout=self._wait_seconds):
            raise LettersError(
                "another action on dead letters is under way. Nothing was done: try again when it "
                "has ended, in a minute"
            )
        try:
            yield
        finally:
            self._one_at_a_time.release()

    def _now(self) -> datetime:
        return self._clock.now()
