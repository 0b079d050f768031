"""Whether everything arrived, and the report that says so. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass

from workers.demo.expected import Expected, Part
from workers.demo.tally import Tally

__all__ = ["Evidence", "Report", "judge"]

_NAMED = 5
"""How many of the missing are named."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was counted beside the topics."""

    delivered: Mapping[str, int]
    """Idempotency key -> how often the receiver shows the message, by its own record."""
    on_page: AbstractSet[str]
    """Item ids that the pages list."""


@dataclass(frozen=True, slots=True)
class Report:
    """The summary of a run, counted from the topics and the sandbox's own records."""

    ok: bool
    received: Mapping[str, int]
    """Distinct received events by source."""
    items: Mapping[str, int]
    classified: int
    routed: Mapping[str, int]
    """Items by team."""
    notified: int
    """Messages that people see."""
    duplicates_dropped: int
    """Received events that repeated an earlier one and changed nothing."""
    dead_letters: int
    seconds: float
    missing: tuple[str, ...] = ()
    """What is not as it must be, in words."""

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


def judge(tally: Tally, expected: Expected, evidence: Evidence, seconds: float) -> Report:
    """Compare what flowed with what the seed must produce."""
    missing = tuple(_shortcomings(tally, expected, evidence))
    return Report(
        ok=not missing,
        received={source: len(ids) for source, ids in sorted(tally.received.items())},
        items={source: len(ids) for source, ids in sorted(tally.items.items())},
        classified=len(tally.classified),
        routed=dict(sorted(tally.teams.items())),
        notified=sum(evidence.delivered.values()),
        duplicates_dropped=tally.repeated,
        dead_letters=len(tally.dead),
        seconds=round(seconds, 1),
        missing=missing,
    )


def _shortcomings(tally: Tally, expected: Expected, evidence: Evidence) -> Iterator[str]:
    yield from _not_received(tally, expected)
    everything = frozenset[str]().union(*expected.items.values())
    yield from _absent("not classified", everything, tally.classified.keys())
    yield from _absent("not routed", everything, tally.routed.keys())
    yield from _absent("not on the page", everything, evidence.on_page)
    yield from _repeated("classified more than once", tally.classified)
    yield from _repeated("routed more than once", tally.routed)
    yield from _not_told(tally, expected, evidence)
    yield from _other("dead letters", tally.dead_by_source, expected.dead)
    for topic, count in sorted(tally.unreadable.items()):
        yield f"{count} records of {topic} are no events of it"
    for source in sorted(expected.items.keys() - tally.finished):
        yield f"source {source} has not been read to its end"


def _not_received(tally: Tally, expected: Expected) -> Iterator[str]:
    """Parts that must have come, and those of which there is more than was ever said."""
    for source, ids in expected.items.items():
        yield from _absent(f"of source {source} not received", ids, tally.items.get(source, set()))
    for source in sorted(expected.parts.keys() | tally.versions.keys()):
        found = tally.versions.get(source, Counter[Part]())
        known = expected.versions.get(source, {})
        parts = {_said(part) for part in expected.parts.get(source, ())}
        there = {_said(part) for part in found}
        yield from _absent(f"parts of source {source} not received", parts, there)
        more = {_said(part) for part, count in found.items() if count > known.get(part, 0)}
        yield from _absent(f"parts of source {source} received too often", more, set())


def _not_told(tally: Tally, expected: Expected, evidence: Evidence) -> Iterator[str]:
    """Messages that are missing or too many. Later ones need not have ended: see ``Expected``."""
    told = {tally.about[key] for key in tally.requested}
    yield from _absent("not announced", expected.announced, told)
    yield from _absent("announced but too old", told - expected.later, expected.announced)
    wanted = {key for key in tally.requested if tally.about[key] not in expected.later}
    yield from _absent("requested but not delivered", wanted, evidence.delivered.keys())
    yield from _absent("delivered but never requested", evidence.delivered.keys(), tally.requested)
    yield from _repeated("delivered more than once", Counter(evidence.delivered))
    yield from _absent("delivered but not recorded as settled", wanted, tally.settled)
    failed = {
        key
        for key, outcome in tally.settled.items()
        if outcome != "delivered" and tally.about[key] not in expected.later
    }
    yield from _absent("not settled as delivered", failed, set())


def _said(part: Part) -> str:
    return "/".join(part)


def _absent(
    what: str, wanted: AbstractSet[str], there: AbstractSet[str] | Mapping[str, object]
) -> Iterator[str]:
    absent = sorted(one for one in wanted if one not in there)
    if absent:
        yield f"{len(absent)} {what}: {_named(absent)}"


def _other(what: str, found: Mapping[str, int], expected: Mapping[str, int]) -> Iterator[str]:
    """Sources of which there is another number than there must be, unknown ones included."""
    for source in sorted(found.keys() | expected.keys()):
        count, wanted = found.get(source, 0), expected.get(source, 0)
        if count != wanted:
            yield f"source {source}: {count} {what}, expected {wanted}"


def _repeated(what: str, times: Counter[str]) -> Iterator[str]:
    more = sorted(one for one, count in times.items() if count > 1)
    if more:
        yield f"{len(more)} {what}: {_named(more)}"


def _named(ids: list[str]) -> str:
    shown = ", ".join(ids[:_NAMED])
    return shown if len(ids) <= _NAMED else f"{shown}, ..."
