"""Whether everything arrived, and the report that says so. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass

from workers.demo.expected import Expected
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
    everything: set[str] = set()
    for source, ids in expected.items.items():
        everything |= ids
        yield from _absent(f"of source {source} not received", ids, tally.items.get(source, set()))
    received = {source: len(ids) for source, ids in tally.received.items()}
    yield from _other("events received", received, expected.received)
    yield from _absent("not classified", everything, tally.classified.keys())
    yield from _absent("not routed", everything, tally.routed.keys())
    yield from _absent("not on the page", everything, evidence.on_page)
    yield from _repeated("classified more than once", tally.classified)
    yield from _repeated("routed more than once", tally.routed)
    yield from _absent("not announced", expected.announced, tally.announced)
    yield from _absent("announced but too old", tally.announced, expected.announced)
    yield from _absent("requested but not delivered", tally.requested, evidence.delivered.keys())
    yield from _absent("delivered but never requested", evidence.delivered.keys(), tally.requested)
    yield from _repeated("delivered more than once", Counter(evidence.delivered))
    yield from _absent("delivered but not recorded as settled", tally.requested, tally.settled)
    failed = {key for key, outcome in tally.settled.items() if outcome != "delivered"}
    yield from _absent("not settled as delivered", failed, set())
    yield from _other("dead letters", tally.dead_by_source, expected.dead)
    for topic, count in sorted(tally.unreadable.items()):
        yield f"{count} records of {topic} are no events of it"
    for source in sorted(expected.items.keys() - tally.finished):
        yield f"source {source} has not been read to its end"


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
