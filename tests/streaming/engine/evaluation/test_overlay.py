"""State with uncommitted changes on top."""

from hypothesis import given
from hypothesis import strategies as st

from workers.streaming.engine.evaluation.overlay import Overlay

KEYS = st.sampled_from("abcd")


@given(st.dictionaries(KEYS, st.none() | st.integers()), st.dictionaries(KEYS, st.integers()))
def test_it_reads_as_the_state_after_the_changes(
    changes: dict[str, int | None], state: dict[str, int]
) -> None:
    """Rows, keys and number are those of the state once the changes are applied; ``None`` deletes.

    What is below stays as it is.
    """
    before = dict(state)
    after = {key: row for key, row in {**state, **changes}.items() if row is not None}
    seen = Overlay(changes, state)
    assert dict(seen) == after
    assert len(seen) == len(after)
    assert {key for key in "abcd" if key in seen} == set(after)
    assert state == before
