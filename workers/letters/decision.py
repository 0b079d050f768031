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
_FORMER_HEADERS = 32
_FORMER_CHARS = 256


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not, and what to do instead."""

    reason: str
    remedy: str
    forceable: bool = False
    """Whether it is a matter of judgement, so that somebody may have it done all the same."""


@dataclass(frozen=True, slots=True)
class Write:
    """One record to write."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()
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

    ``force`` overrides the refusals that are a matter of judgement: a record older than its
    reader remembers, a letter that was dropped, and headers that were not kept as they were.
    """
    origin = raw.origin
    if letter.settled is not None:
        dropped = letter.settled.outcome is SettledAs.DROPPED
        if not (dropped and force):
            return _settled(letter.settled, forceable=dropped)
    if origin.offset < 0:
        return _never_in_kafka(raw, letter.id)
    if raw.truncated:
        return Refusal(
            f"only the first {len(raw.value)} bytes of the record were kept",
            "have its source send it again, shorter; then drop this letter",
        )
    doubt = None if force else _late(raw, now, horizons.get(origin.topic)) or _other_headers(raw)
    if doubt is not None:
        return doubt
    told = Replayed(
        origin.topic, origin.partition, origin.offset, raw.attempts, raw.first_failed_at
    )
    return Write(
        origin.topic,
        raw.key,
        None if raw.value_is_null else raw.value,
        (*_headers(raw), *told.headers()),
        origin.partition if raw.key is None else None,
    )


def drop(letter: Letter) -> Refusal | None:
    """Why the letter cannot be dropped, or ``None`` when it can."""
    return None if letter.settled is None else _settled(letter.settled)


def settlement(letter: Letter, outcome: SettledAs, now: datetime) -> Write:
    """The record that closes the letter: the same letter, without its raw bytes."""
    data = letter.data.model_copy(
        update={
            "key": None,
            "value": b"",
            "headers": {},
            "raw_headers": None,
            "settled": Settlement(outcome=outcome, settled_at=now),
        }
    )
    event: Event[DeadLetter] = letter.event.model_copy(update={"time": now, "data": data})
    return Write(letter.topic, letter.key, event.to_json(), _KIND, letter.partition)


def _headers(raw: DeadLetter) -> list[tuple[str, bytes | None]]:
    """The record's own headers; of a letter from before they were kept raw, their text."""
    if raw.raw_headers is None:
        return [(name, value.encode()) for name, value in raw.headers.items()]
    return [(one.name, one.value) for one in raw.raw_headers]


def _other_headers(raw: DeadLetter) -> Refusal | None:
    """Whether the headers that would be written are not those that the record had."""
    if raw.headers_truncated:
        reason = "only the first of its headers were kept: there were more than a letter holds"
    elif raw.raw_headers is None and _may_be_shortened(raw.headers):
        reason = (
            f"version {raw.worker_version} kept its headers as text, and some of them may not be "
            "what they were"
        )
    else:
        return None
    return Refusal(
        reason,
        "look at them, and if its reader can do without the rest, replay it anyway",
        forceable=True,
    )


def _may_be_shortened(headers: Mapping[str, str]) -> bool:
    """Whether a former version may have cut or changed some: at 32 headers, 256 characters."""
    return len(headers) >= _FORMER_HEADERS or any(
        len(text) >= _FORMER_CHARS or "\N{REPLACEMENT CHARACTER}" in text
        for pair in headers.items()
        for text in pair
    )


def _settled(settled: Settlement, *, forceable: bool = False) -> Refusal:
    when = settled.settled_at.strftime("%Y-%m-%d %H:%M UTC")
    otherwise = ", or replay it anyway" if forceable else ""
    return Refusal(
        f"it was {settled.outcome.value} on {when}", f"nothing to do{otherwise}", forceable
    )


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
        "make sure that nothing else told the same since, then replay it anyway",
        forceable=True,
    )


def _event_time(raw: bytes) -> datetime | None:
    try:
        return Header.model_validate_json(raw).time
    except (ValidationError, OverflowError):
        return None
