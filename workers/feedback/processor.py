"""The feedback worker's decisions.

Each new part of an item is classified, the item's labels and its route are decided anew, and
receivers that have not heard of the item are told. Pure: the words are read, answered with
labels, and forgotten.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

from schemas.feedback import FeedbackReceived
from schemas.topics import (
    CLASSIFIED,
    CLOCK_TICKED,
    FEEDBACK_CHANGELOG,
    RECEIVED,
    REQUESTED,
    ROUTED,
    Topic,
)
from workers.config.team import Team
from workers.feedback import telling
from workers.feedback.chunk import Chunk, milliseconds, moment
from workers.feedback.classification.labels import ClassifiableText, Classifier, Labels
from workers.feedback.classification.reading.text import ReadText, read_text
from workers.feedback.decoding import FeedbackEvent, decode
from workers.feedback.fields import facts_of_item, fields_of_part
from workers.feedback.item.codec import RowCodec
from workers.feedback.item.identity import day_of, digest, has_seen, remembered
from workers.feedback.item.parts import take_in, together
from workers.feedback.item.rows import ItemRow, PartRow, Row
from workers.feedback.message.request import About, request
from workers.feedback.replay import RETOLD, FeedbackReplay
from workers.feedback.routing.tree import RouteTree
from workers.feedback.sweep import sweep
from workers.processor import Outcome, Record

__all__ = ["FeedbackProcessor"]

_ROLE = "feedback"
_STAGE: Hashable = (_ROLE,)
_DUPLICATES = ("productops_stage_duplicates_total", _STAGE)
_LATE = ("productops_stage_late_total", _STAGE)
_NO_TEAM = "none"


@dataclass(frozen=True, slots=True)
class _New:
    """A part that an item has not seen before, read and classified."""

    event: FeedbackEvent
    part: FeedbackReceived
    read: ReadText
    labels: Labels
    identity: str


class FeedbackProcessor:
    """Classifies, routes, and asks for messages; fulfils ``workers.processor.Processor``."""

    name = _ROLE
    inputs: Sequence[Topic] = (RECEIVED, CLOCK_TICKED)
    outputs: Sequence[Topic] = (CLASSIFIED, ROUTED, REQUESTED)
    retold = RETOLD
    changelog: Topic | None = FEEDBACK_CHANGELOG

    def __init__(self, classifier: Classifier, tree: RouteTree, team: Team) -> None:
        self.codec = RowCodec()
        self._classifier = classifier
        self._tree = tree
        self._team = team

    def decode(self, record: Record, /) -> FeedbackEvent:
        """The event in a record; raises ``Malformed``."""
        return decode(record)

    def event_time(self, event: FeedbackEvent, /) -> int:
        """Event time in milliseconds since the epoch."""
        return milliseconds(event.time)

    def process(
        self, events: Sequence[FeedbackEvent], state: Mapping[str, Row], now: int, /
    ) -> Outcome[Row]:
        """Decide; see the contract in ``workers.processor``."""
        chunk = Chunk(state, now)
        news = self._read_new(events, chunk)
        for event in events:
            if not isinstance(event.data, FeedbackReceived):
                sweep(chunk)
                continue
            row = chunk.item(event.data.item_id)
            if _seen(row, digest(event.identity)):
                chunk.counts[_DUPLICATES] += 1
            else:
                # a tick of this chunk may have deleted the row that had seen the event
                new = news.get(event.identity) or self._read_new([event], chunk)[event.identity]
                self._receive(new, row, chunk)
        return Outcome(chunk.emissions, chunk.changes, counts=chunk.counts)

    def rebuild(self) -> FeedbackReplay:
        """See ``workers.processor.Replayable``."""
        return FeedbackReplay(self._classifier, self._tree)

    def _read_new(self, events: Sequence[FeedbackEvent], chunk: Chunk) -> Mapping[str, _New]:
        """The parts not seen before, classified all together, by event identity."""
        new: dict[str, tuple[FeedbackEvent, FeedbackReceived, ReadText]] = {}
        for event in events:
            part = event.data
            if (
                isinstance(part, FeedbackReceived)
                and event.identity not in new
                and not _seen(chunk.item(part.item_id), digest(event.identity))
            ):
                new[event.identity] = (event, part, read_text(part.subject, part.text))
        labels = self._classifier.classify(
            [ClassifiableText.of(part, read) for _, part, read in new.values()]
        )
        return {
            identity: _New(event, part, read, one, digest(identity))
            for (identity, (event, part, read)), one in zip(new.items(), labels, strict=True)
        }

    def _receive(self, new: _New, known: ItemRow | None, chunk: Chunk) -> None:
        """Take a part in; an older version of a known part changes nothing but what was seen."""
        today = day_of(chunk.now)
        created = chunk.believed(new.part.created_at)
        row = known or ItemRow(created=created, touched=today)
        row = replace(
            row,
            created=min(row.created, created),
            touched=max(row.touched, today),
            seen=remembered(row.seen, new.identity, today),
        )
        parts = take_in(row.parts, self._part_row(new, chunk.believed(new.part.updated_at)))
        if parts is None:
            chunk.counts[_LATE] += 1
        else:
            row = self._decide(replace(row, parts=parts), row.parts, new, chunk)
        chunk.changes[new.part.item_id] = row

    def _part_row(self, new: _New, at: int) -> PartRow:
        part = new.part
        return PartRow(
            part_id=part.part_id,
            part=part.part,
            at=at,
            version=new.identity,
            labels=new.labels,
            channel=part.channel,
            found=self._tree.ask(fields_of_part(part, new.read)),
            score=part.score,
            customer_id=part.customer.id if part.customer else None,
        )

    def _decide(self, row: ItemRow, before: Sequence[PartRow], new: _New, chunk: Chunk) -> ItemRow:
        """Labels and route of the item as it is now; what has changed is said."""
        names = (new.part.item_id, new.part.source_name)
        labels = together(row.parts)
        if not before or labels != together(before):
            row = replace(row, classified=row.classified + 1)
            version = self._classifier.version
            what = telling.classification(*names, row, labels, model_version=version)
            chunk.classified(new.event, what)
            if row.classified == 1:
                values = (labels.kind.value, labels.urgency.value)
                chunk.counts["productops_feedback_classified_total", values] += 1
        facts = facts_of_item(new.part.source_name, new.part.vendor, labels, row.parts)
        decision = self._tree.route(facts)
        if decision.mark == row.route:
            return row
        # Invariant 5: what was decided stands; a change is an event of the next revision
        row = replace(row, routed=row.routed + 1, route=decision.mark)
        announced = self._announces(row)
        since = moment(chunk.believed(new.part.updated_at))
        where = telling.route(*names, row, decision, since=since, announced=announced)
        chunk.routed(new.event, where)
        if row.routed == 1:
            team = (decision.team or _NO_TEAM,)
            chunk.counts["productops_feedback_routed_total", team] += 1
        if not announced:
            return row
        about = About(new.part, new.read, labels, decision, row.routed, self._team)
        return _tell(row, about, new.event, chunk)

    def _announces(self, row: ItemRow) -> bool:
        """Invariant 11: nothing is sent before ``live_since``, nor ever about what is older."""
        live_since = self._team.live_since
        return live_since is not None and row.created >= milliseconds(live_since)


def _tell(row: ItemRow, about: About, cause: FeedbackEvent, chunk: Chunk) -> ItemRow:
    """Ask for a message to each receiver that has not been told about the item."""
    for target in about.decision.targets:
        if target.receiver not in row.informed:
            row = replace(row, informed=(*row.informed, target.receiver))
            chunk.requested(cause, request(about, target))
    return row


def _seen(row: ItemRow | None, identity: str) -> bool:
    return row is not None and has_seen(row.seen, identity)
