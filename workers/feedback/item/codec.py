"""Rows as bytes: compact JSON arrays behind a format number."""

import json
from typing import Any

from schemas.feedback import Channel, Kind, Match, Part, Score, Sentiment, Urgency
from workers.feedback.classification.labels import Labels
from workers.feedback.item.identity import packed, unpacked
from workers.feedback.item.rows import ItemRow, PartRow, Row, SweepRow
from workers.processor import OtherFormatError

__all__ = ["FORMAT", "RowCodec"]

FORMAT = 1
"""Raised when the arrays change; from then on ``upgrade`` brings rows of this one up to date."""

_ITEM, _SWEEP = "i", "s"


class RowCodec:
    """Writes and reads rows. Pure; ``decode(encode(row)) == row``."""

    def encode(self, row: Row, /) -> bytes:
        """The row as bytes."""
        content = [_SWEEP, row.day] if isinstance(row, SweepRow) else [_ITEM, *_of_item(row)]
        return json.dumps([FORMAT, *content], ensure_ascii=False, separators=(",", ":")).encode()

    def decode(self, raw: bytes, /) -> Row:
        """The row again; raises ``OtherFormatError``, or ``ValueError`` for what is no row."""
        try:
            content = json.loads(raw)
            number, kind, *rest = content
        except (ValueError, TypeError) as error:
            msg = "not a row of the feedback role's state"
            raise ValueError(msg) from error
        if number != FORMAT:
            raise OtherFormatError(number, FORMAT)
        try:
            if kind == _SWEEP:
                return SweepRow(*rest)
            if kind == _ITEM:
                return _item(*rest)
        except (ValueError, TypeError, LookupError) as error:
            msg = "a damaged row of the feedback role's state"
            raise ValueError(msg) from error
        msg = f"state row of unknown kind {kind!r}"
        raise ValueError(msg)

    def upgrade(self, raw: bytes, /) -> bytes | None:
        """See ``workers.processor.Upgrading``: there is only one format so far."""
        self.decode(raw)
        return None


def _of_item(row: ItemRow) -> list[Any]:
    return [
        row.created,
        row.touched,
        [_of_part(part) for part in row.parts],
        unpacked(row.seen),
        row.classified,
        row.routed,
        row.route,
        row.informed,
    ]


def _item(*fields: Any) -> ItemRow:
    created, touched, parts, seen, classified, routed, route, informed = fields
    return ItemRow(
        created=created,
        touched=touched,
        parts=tuple(_part(*part) for part in parts),
        seen=packed(seen),
        classified=classified,
        routed=routed,
        route=route,
        informed=tuple(informed),
    )


def _of_part(part: PartRow) -> list[Any]:
    score = part.score
    return [
        part.part_id,
        part.part,
        part.at,
        part.version,
        _of_labels(part.labels),
        part.channel,
        sorted(part.found),
        score and [score.raw, score.low, score.high, score.scale, score.normalised],
        part.customer_id,
    ]


def _part(*fields: Any) -> PartRow:
    part_id, part, at, version, labels, channel, found, score, customer_id = fields
    return PartRow(
        part_id=part_id,
        part=Part(part),
        at=at,
        version=version,
        labels=_labels(*labels),
        channel=Channel(channel),
        found=frozenset(found),
        score=score and _score(*score),
        customer_id=customer_id,
    )


def _score(raw: float, low: float, high: float, scale: str, normalised: float) -> Score:
    return Score(raw=raw, low=low, high=high, scale=scale, normalised=normalised)


def _of_labels(labels: Labels) -> list[Any]:
    return [
        labels.kind,
        labels.confidence,
        labels.area,
        labels.sentiment,
        labels.urgency,
        labels.language,
        [[match.label, match.rule, match.words, match.reason] for match in labels.matches],
        labels.themes,
    ]


def _labels(*fields: Any) -> Labels:
    kind, confidence, area, sentiment, urgency, language, matches, themes = fields
    return Labels(
        kind=Kind(kind),
        confidence=confidence,
        area=area,
        sentiment=Sentiment(sentiment),
        urgency=Urgency(urgency),
        language=language,
        matches=tuple(
            # written by us and validated then: no second validation on restore
            Match.model_construct(label=label, rule=rule, words=tuple(words), reason=reason)
            for label, rule, words, reason in matches
        ),
        themes=tuple(themes),
    )
