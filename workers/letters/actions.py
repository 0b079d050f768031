"""The actions of the pages, on Kafka: on one letter, or on all that somebody looks for."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from threading import Lock

from connectors.base.contract import Clock
from schemas.platform import DeadLetter, SettledAs
from workers.config.settings import KafkaSettings
from workers.letters import decision
from workers.letters.box import Spot
from workers.letters.carry_out import Decide, Done, carry_out
from workers.letters.choice import LetterFilter, topics_of
from workers.letters.letter import Fold, Letter
from workers.letters.seam import Answer, LetterPlace, LettersError, Reason, Sweep

__all__ = ["KafkaLetterActions"]

_WAIT_SECONDS = 15.0
"""For the action before; one takes a second or two."""
_MOST = 1_000
"""Letters that one request takes on, so that it ends while its reader still waits."""


class KafkaLetterActions:
    """Fulfils ``LetterActions``. Of one letter it reads no more than what follows it."""

    def __init__(
        self,
        kafka: KafkaSettings,
        clock: Clock,
        *,
        wait_seconds: float = _WAIT_SECONDS,
        most: int = _MOST,
    ) -> None:
        self._kafka = kafka
        self._wait_seconds = wait_seconds
        self._most = most
        self._clock = clock
        self._one_at_a_time = Lock()
        """Two clicks wait for each other instead of fencing each other, but not for long: each
        that waits holds a thread of the server."""

    def replay(self, letter: LetterPlace, /, *, force: bool = False) -> Answer:
        """See ``LetterActions``."""
        return self._one(letter, self._replaying(force=force), SettledAs.REPLAYED)

    def drop(self, letter: LetterPlace, /) -> Answer:
        """See ``LetterActions``."""
        return self._one(letter, _dropping, SettledAs.DROPPED)

    def replay_all(
        self,
        chosen: LetterFilter,
        /,
        *,
        limit: int | None = None,
        force: bool = False,
        dry_run: bool = False,
    ) -> Sweep:
        """See ``LetterActions``."""
        decide = self._replaying(force=force)
        return self._all(chosen, decide, SettledAs.REPLAYED, limit, dry_run=dry_run)

    def drop_all(
        self, chosen: LetterFilter, /, *, limit: int | None = None, dry_run: bool = False
    ) -> Sweep:
        """See ``LetterActions``."""
        return self._all(chosen, _dropping, SettledAs.DROPPED, limit, dry_run=dry_run)

    def _replaying(self, *, force: bool) -> Decide:
        def decide(found: Letter, raw: DeadLetter) -> decision.Write | decision.Refusal:
            return decision.replay(found, raw, now=self._now(), force=force)

        return decide

    def _one(self, place: LetterPlace, decide: Decide, outcome: SettledAs) -> Answer:
        name = (place.topic, place.role, place.letter_id)

        def choose(fold: Fold) -> Sequence[Letter]:
            return [letter for letter in fold.letters if letter.name == name]

        spot = Spot(place.topic, place.partition, place.offset)
        with self._alone():
            done = carry_out(self._kafka, [spot], choose, decide, outcome, now=self._now)
        if done.settled:
            return Answer(done=True)
        for _, refusal in done.refused:
            text = f"{refusal.reason}. To do: {refusal.remedy}."
            return Answer(done=False, text=text, forceable=refusal.forceable)
        return Answer(done=False, text="Kafka does not hold it any more: it is past its retention.")

    def _all(
        self,
        chosen: LetterFilter,
        decide: Decide,
        outcome: SettledAs,
        limit: int | None,
        *,
        dry_run: bool,
    ) -> Sweep:
        matching = 0

        def choose(fold: Fold) -> Sequence[Letter]:
            nonlocal matching
            meant = [letter for letter in fold.letters if chosen.matches(letter)]
            matching = matching or len(meant)
            return meant

        with self._alone():
            done = carry_out(
                self._kafka,
                topics_of(chosen),
                choose,
                decide,
                outcome,
                now=self._now,
                limit=min(limit or self._most, self._most),
                dry_run=dry_run,
            )
        return _sweep(done, matching)

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


def _dropping(letter: Letter, raw: DeadLetter) -> decision.Refusal | None:
    del raw
    return decision.drop(letter)


def _sweep(done: Done, matching: int) -> Sweep:
    reasons = Counter((refusal.reason, refusal.forceable) for _, refusal in done.refused)
    return Sweep(
        settled=len(done.settled),
        refused=tuple(
            Reason(text, count, forceable) for (text, forceable), count in reasons.most_common()
        ),
        beyond=max(0, matching - done.taken_on),
    )
