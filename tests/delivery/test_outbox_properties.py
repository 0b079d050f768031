"""What holds for the outbox in every history."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.destinations.contract import Attempt, Verdict
from workers.delivery.outbox import Outbox
from workers.delivery.policy import HORIZON_MS, Policy
from workers.delivery.reports import AttemptEnded, AttemptStarted
from workers.delivery.rows import MessageRow, Status

POLICY = Policy(attempts=3, max_age_ms=60_000)
DAY = 86_400_000
SLOW = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)

_ids = st.sampled_from(["a", "b", "c"])
_ages = st.sampled_from([0, 1_000, 59_999, 60_001, 3 * DAY, HORIZON_MS, HORIZON_MS + DAY, -DAY])
_attempts = st.builds(
    Attempt,
    verdict=st.sampled_from(Verdict),
    reason=st.sampled_from(["", "said no"]),
    retry_after=st.none() | st.floats(0, 1e6),
    reference=st.none() | st.just("C1/2.3"),
)
_inputs = st.lists(
    st.one_of(
        st.tuples(
            st.just("request"), _ids, _ages, _ages, st.sampled_from(["team", "team", "gone"])
        ),
        st.tuples(st.just("start"), _ids, st.sampled_from([0, 30_000, 61_000])),
        st.tuples(st.just("end"), _ids, st.integers(1, 4), _attempts, st.booleans(), st.booleans()),
    ),
    max_size=25,
)
Make = Callable[..., Any]


def _events(inputs: Sequence[Any], now: int, make_request: Make) -> list[Any]:
    made: list[Any] = []
    for one in inputs:
        match one:
            case ("request", message_id, age, older, receiver):
                made.append(make_request(message_id, receiver, at=now - age, about_at=now - older))
            case ("start", message_id, after):
                made.append(AttemptStarted(message_id, now + after))
            case ("end", message_id, number, attempt, repeat, absent):
                made.append(
                    AttemptEnded(message_id, number, attempt, now, repeat=repeat, absent=absent)
                )
    return made


def _run(chunks: Sequence[Sequence[Any]], now: int) -> tuple[dict[str, Any], list[Any], Any]:
    outbox, state = Outbox({"team": POLICY}), {}
    emissions: list[Any] = []
    counts: dict[Any, int] = {}
    for chunk in chunks:
        frozen = dict(state)
        outcome = outbox.process(chunk, state, now)
        assert state == frozen, "the state was changed in place"
        for key, row in outcome.changes.items():
            if row is None:
                state.pop(key)
            else:
                state[key] = row
        emissions += [(emission.key, emission.value) for emission in outcome.emissions]
        for name, count in outcome.counts.items():
            counts[name] = counts.get(name, 0) + count
    return state, emissions, counts


@SLOW
@given(_inputs, st.lists(st.integers(0, 25), max_size=4))
def test_a_chunk_decides_what_any_split_of_it_decides(
    make_request: Make, clock: Any, inputs: list[Any], cuts: list[int]
) -> None:
    """Rows, settled events and counts do not depend on how the input was cut into chunks."""
    now = clock.millis()
    events = _events(inputs, now, make_request)
    places = [0, *sorted(min(cut, len(events)) for cut in cuts), len(events)]
    pieces = [events[low:high] for low, high in pairwise(places)]
    assert _run([events], now) == _run(pieces, now)


@SLOW
@given(_inputs)
def test_every_message_is_settled_at_most_once_and_never_comes_back(
    make_request: Make, clock: Any, inputs: list[Any]
) -> None:
    """Whatever is reported and repeated, one id has one end, and afterwards no text."""
    now = clock.millis()
    state, emissions, _ = _run([[event] for event in _events(inputs, now, make_request)], now)
    keys = [key for key, _ in emissions]
    assert len(keys) == len(set(keys))
    for key in keys:
        assert not isinstance(state[f"m/{key.decode()}"], MessageRow)


@SLOW
@given(_inputs)
def test_rows_survive_the_changelog_and_stay_within_the_policy(
    make_request: Make, clock: Any, inputs: list[Any]
) -> None:
    """Each row reads back as it was written; no message is begun more often than allowed."""
    now = clock.millis()
    state, _, _ = _run([_events(inputs, now, make_request)], now)
    codec = Outbox({}).codec
    for row in state.values():
        assert codec.decode(codec.encode(row)) == row
        if isinstance(row, MessageRow):
            # starts that never ended (crashes) count on, but are allowed to ask only
            in_turn = row.status is Status.ATTEMPTING
            assert row.attempts <= POLICY.attempts or (in_turn and row.ask_only)


@SLOW
@given(
    _inputs,
    st.sampled_from([0, DAY, HORIZON_MS - 1, HORIZON_MS, HORIZON_MS + DAY // 2, 2 * HORIZON_MS]),
)
def test_replaying_every_request_settles_nothing_a_second_time(
    make_request: Make, clock: Any, inputs: list[Any], later: int
) -> None:
    """However much later the requests are read again, nobody is owed a settled message anew."""
    now = clock.millis()
    events = _events(inputs, now, make_request)
    requests = [event for event in events if not isinstance(event, AttemptStarted | AttemptEnded)]
    outbox = Outbox({"team": POLICY})
    state, _, _ = _run([events], now)
    unsettled = {key for key, row in state.items() if isinstance(row, MessageRow)}
    outcome = outbox.process(requests, state, now + later)
    owed = {key for key, row in outcome.changes.items() if isinstance(row, MessageRow)}
    assert owed <= unsettled
    assert list(outcome.emissions) == []
