"""A replay: labels and route of items as today's rules would have them. Pure.

Each part is read and asked again, by itself. What an item's row keeps of a part that was read
again is then replaced, and the item's labels and its route are decided anew. Everything else of
the row stays: which events were seen, when, who was told.

Invariants 5, 8, 11: what was decided stands; what is different now is an event of the next
revision, which is not announced. Nobody gets a message.

A part that stands in the row and did not come again keeps what it said under the rules of its
time. So do the oldest parts of an item with very many, which are kept as one.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from schemas.feedback import FeedbackReceived
from schemas.topics import CLASSIFIED, ROUTED, Topic
from workers.feedback import telling
from workers.feedback.chunk import Chunk, moment
from workers.feedback.classification.labels import ClassifiableText, Classifier, Labels
from workers.feedback.classification.reading.text import read_text
from workers.feedback.decoding import FeedbackEvent
from workers.feedback.fields import facts_of_item, fields_of_part
from workers.feedback.item.identity import digest
from workers.feedback.item.parts import together
from workers.feedback.item.rows import FOLDED, ItemRow, PartRow, Row
from workers.feedback.replay_differences import differences
from workers.feedback.routing.decision import Decision
from workers.feedback.routing.tree import RouteTree
from workers.processor import Emission, Revised

__all__ = ["RETOLD", "FeedbackReplay"]

RETOLD: Sequence[Topic] = (CLASSIFIED, ROUTED)
"""What a replay may write: no request for a message is among it."""


@dataclass(frozen=True, slots=True)
class _Again:
    """A version of a part, read again; fulfils ``Cause``."""

    labels: Labels
    found: frozenset[str]
    time: datetime
    partitionkey: str
    identity: str
    traceparent: str | None


@dataclass(slots=True)
class _Item:
    """Where an item comes from, and its parts by the digest of their version."""

    item_id: str
    source_name: str
    vendor: str
    versions: dict[str, _Again] = field(default_factory=dict)


class FeedbackReplay:
    """Fulfils ``workers.processor.Rebuild``."""

    def __init__(self, classifier: Classifier, tree: RouteTree) -> None:
        self._classifier = classifier
        self._tree = tree
        self._items: dict[str, _Item] = {}

    @property
    def keys(self) -> Collection[str]:
        """Items of which something came."""
        return self._items.keys()

    def take(self, events: Sequence[FeedbackEvent], /) -> None:
        """Read parts again; of events with one identity the first counts, as it did then."""
        new: dict[str, tuple[FeedbackEvent, FeedbackReceived]] = {}
        for event in events:
            part = event.data
            if isinstance(part, FeedbackReceived) and not self._known(part, event.identity):
                new.setdefault(event.identity, (event, part))
        reads = [read_text(part.subject, part.text) for _, part in new.values()]
        labels = self._classifier.classify(
            [
                ClassifiableText.of(part, read)
                for (_, part), read in zip(new.values(), reads, strict=True)
            ]
        )
        for (event, part), read, one in zip(new.values(), reads, labels, strict=True):
            again = _Again(
                labels=one,
                found=self._tree.ask(fields_of_part(part, read)),
                time=event.time,
                partitionkey=event.partitionkey,
                identity=event.identity,
                traceparent=event.traceparent,
            )
            item = self._items.setdefault(
                part.item_id, _Item(part.item_id, part.source_name, part.vendor)
            )
            item.versions[digest(event.identity)] = again

    def revise(self, key: str, row: Row, now: int, /) -> Revised[Row] | None:
        """The item by today's rules; ``None`` where nothing of its row would be different."""
        item = self._items.get(key)
        if item is None or not isinstance(row, ItemRow):
            return None
        again = [
            # parts that are kept as one bear the version of the last of them
            None if part.part_id == FOLDED else item.versions.get(part.version)
            for part in row.parts
        ]
        cause = next((one for one in reversed(again) if one is not None), None)
        if cause is None:
            return None
        parts = tuple(
            part if one is None else replace(part, labels=one.labels, found=one.found)
            for part, one in zip(row.parts, again, strict=True)
        )
        return self._settle(row, replace(row, parts=parts), item, cause, Chunk({}, now))

    def differences(
        self, before: bytes | None, after: Emission, /
    ) -> Sequence[tuple[str, str, str]]:
        """See ``workers.processor.Rebuild``."""
        return differences(before, after)

    def _known(self, part: FeedbackReceived, identity: str) -> bool:
        item = self._items.get(part.item_id)
        return item is not None and digest(identity) in item.versions

    def _settle(
        self, old: ItemRow, row: ItemRow, item: _Item, cause: _Again, chunk: Chunk
    ) -> Revised[Row] | None:
        """Say what is different in the labels and the route of an item."""
        names = (item.item_id, item.source_name)
        before, labels = together(old.parts), together(row.parts)
        if labels != before:
            row = replace(row, classified=row.classified + 1)
            version = self._classifier.version
            what = telling.classification(*names, row, labels, model_version=version)
            chunk.classified(cause, what)
        decision = self._decision(row.parts, item)
        if decision.mark != row.route:
            row = replace(row, routed=row.routed + 1, route=decision.mark)
            since = moment(self._since(row.parts, item))
            where = telling.route(*names, row, decision, since=since, announced=False)
            chunk.routed(cause, where)
        if row == old:
            return None
        return Revised(row, chunk.emissions)

    def _decision(self, parts: Sequence[PartRow], item: _Item) -> Decision:
        return self._tree.route(
            facts_of_item(item.source_name, item.vendor, together(parts), parts)
        )

    def _since(self, parts: Sequence[PartRow], item: _Item) -> int:
        """When the part came with which the item was where it is now, in milliseconds.

        A deadline counts from there, as it would had these rules held all the time.
        """
        came = sorted(parts, key=lambda part: (part.at, part.version))
        since, mark = came[0].at, ""
        for count, part in enumerate(came, start=1):
            until_then = sorted(came[:count], key=lambda one: one.order)
            then = self._decision(until_then, item).mark
            if then != mark:
                since, mark = part.at, then
        return since
