"""What holds for the outbox in every history, beside what every processor owes."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.delivery.histories import DAY, NOW, POLICY, histories, outbox
from workers.delivery.policy import HORIZON_MS
from workers.delivery.reports import Requested
from workers.delivery.rows import MessageRow, Status

MANY = settings(max_examples=200, deadline=None)


def _run(events: Sequence[Any]) -> tuple[dict[str, Any], list[bytes]]:
    """The state afterwards, and the keys of what was settled; one event a chunk."""
    state: dict[str, Any] = {}
    keys: list[bytes] = []
    for event in events:
        outcome = outbox().process([event], state, NOW)
        for key, row in outcome.changes.items():
            if row is None:
                state.pop(key)
            else:
                state[key] = row
        keys += [emission.key for emission in outcome.emissions]
    return state, keys


@MANY
@given(histories())
def test_every_message_is_settled_at_most_once_and_never_comes_back(events: list[Any]) -> None:
    """Whatever is reported and repeated, one id has one end, and afterwards no text."""
    state, keys = _run(events)
    assert len(keys) == len(set(keys))
    for key in keys:
        assert not isinstance(state[f"m/{key.decode()}"], MessageRow)


@MANY
@given(histories())
def test_no_message_is_begun_more_often_than_its_policy_allows(events: list[Any]) -> None:
    """Beyond the allowed attempts a message in doubt may only be asked about."""
    state, _ = _run(events)
    for row in state.values():
        if isinstance(row, MessageRow):
            asking = row.status is Status.ATTEMPTING and row.ask_only
            assert row.attempts <= POLICY.attempts or asking


@MANY
@given(
    histories(),
    st.sampled_from([0, DAY, HORIZON_MS - 1, HORIZON_MS, HORIZON_MS + DAY // 2, 2 * HORIZON_MS]),
)
def test_replaying_every_request_settles_nothing_a_second_time(
    events: list[Any], later: int
) -> None:
    """However much later the requests are read again, nobody is owed a settled message anew."""
    state, _ = _run(events)
    unsettled = {key for key, row in state.items() if isinstance(row, MessageRow)}
    requests = [event for event in events if isinstance(event, Requested)]
    outcome = outbox().process(requests, state, NOW + later)
    owed = {key for key, row in outcome.changes.items() if isinstance(row, MessageRow)}
    assert owed <= unsettled
    assert list(outcome.emissions) == []
