"""Whether a letter can be replayed or dropped, and what is written when it is. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from schemas.envelope import CONTENT_TYPE, Event, Header
from schemas.platform import DeadLetter, SettledAs, Settlement
from workers.letters.horizon import HORIZONS, Horizon
from workers.letters.letter import Letter
from workers.streaming.replayed import Replayed

__all__ = ["Refusal", "Write", "drop", "replay", "settlement"]

_KIND = (("content-type", CONTENT_TYPE.encode()),)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not, and what to do instead."""

    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Write:
    """One record to write."""

    topic: str
    key: bytes | None
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()
    partition: int | None = None
    """``None``: the partition of the key."""


def replay(
    letter: Letter,
    raw: DeadLetter,
    *,
    now: datetime,
    force: bool = False,
    horizons: Mapping[str, Horizon] = HORIZONS,
) -> Write | Refusal:
    """The record that is written back to its topic; ``raw`` is the letter with its bytes.

    ``force`` overrides the two refusals that are a matter of judgement: a record older than
    its reader remembers, and a letter that was dropped.
    """
    origin = raw.origin
    if letter.settled is not None:
        dropped = letter.settled.outcome is SettledAs.DROPPED
        if not (dropped and force):
            return _settled(letter.settled, ", or replay it with --force" if dropped else "")
    if origin.offset < 0:
        return _never_in_kafka(raw, letter.id)
    if raw.truncated:
        return Refusal(
            f"only the first {len(raw.value)} bytes of the record were kept",
            "have its source send it again, shorter; then drop this letter",
        )
    late = None if force else _late(raw, now, horizons.get(origin.topic))
    if late is not None:
        return late
    told = Replayed(
        origin.topic, origin.partition, origin.offset, raw.attempts, raw.first_failed_at
    )
    headers = [(name, value.encode()) for name, value in raw.headers.items()]
    return Write(
        origin.topic,
        raw.key,
        raw.value,
        (*headers, *told.headers()),
        origin.partition if raw.key is None else None,
    )


def drop(letter: Letter) -> Refusal | None:
    """Why the letter cannot be dropped, or ``None`` when it can."""
    return None if letter.settled is None else _settled(letter.settled, "")


def settlement(letter: Letter, outcome: SettledAs, now: datetime) -> Write:
    """The record that closes the letter: the same letter, without its raw bytes."""
    data = letter.data.model_copy(
        update={
            "key": None,
            "value": b"",
            "headers": {},
            "settled": Settlement(outcome=outcome, settled_at=now),
        }
    )
    event: Event[DeadLetter] = letter.event.model_copy(update={"time": now, "data": data})
    return Write(letter.topic, letter.key, event.to_json(), _KIND, letter.partition)


def _settled(settled: Settlement, otherwise: str) -> Refusal:
    when = settled.settled_at.strftime("%Y-%m-%d %H:%M UTC")
    return Refusal(f"it was {settled.outcome.value} on {when}", f"nothing to do{otherwise}")


def _never_in_kafka(raw: DeadLetter, letter_id: str) -> Refusal:
    source = raw.origin.source_name or "its source"
    return Refusal(
        f"the record of {source} could not be translated, so it never was in {raw.origin.topic}",
        "correct it in the tool or the file, or update the connector: the source reads it again "
        f"with its next change (try it: productops sources try {source}). "
        f"Then: productops dlq drop {letter_id}",
    )


def _late(raw: DeadLetter, now: datetime, horizon: Horizon | None) -> Refusal | None:
    if horizon is None:
        return None
    begin = horizon.begin(_event_time(raw.value), raw.first_failed_at)
    if now - begin < horizon.length:
        return None
    return Refusal(
        f"the record is of {begin:%Y-%m-%d}, and {horizon.role} remembers for "
        f"{horizon.length.days} days what it has seen: it could not tell whether this was "
        "handled meanwhile, or would count it as late and do nothing",
        "make sure that nothing else told the same since, then replay it with --force",
    )


def _event_time(raw: bytes) -> datetime | None:
    try:
        return Header.model_validate_json(raw).time
    except (ValidationError, OverflowError):
        return None
