"""The identities that an item keeps, against a plain list of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.feedback.item.identity import (
    HORIZON_DAYS,
    MAX_SEEN,
    NOTHING_SEEN,
    digest,
    has_seen,
    packed,
    remembered,
    unpacked,
)

digests = st.binary(min_size=8, max_size=8).map(bytes.hex)
days = st.integers(20_000, 20_000 + 3 * HORIZON_DAYS)
histories = st.lists(st.tuples(digests, days), max_size=40)


@given(histories)
def test_what_was_packed_comes_back(pairs: list[tuple[str, int]]) -> None:
    """Digests, days and their order survive packing."""
    assert unpacked(packed(pairs)) == pairs


@given(histories, digests)
def test_an_item_has_seen_what_it_was_given_and_nothing_else(
    pairs: list[tuple[str, int]], other: str
) -> None:
    """Each digest is found, and no other one."""
    seen = packed(pairs)
    known = {one for one, _ in pairs}
    assert all(has_seen(seen, one) for one in known)
    assert has_seen(seen, other) == (other in known)


def test_bytes_across_two_entries_are_no_digest() -> None:
    """What stands between two digests, days included, is never taken for one, what follows is."""
    seen = packed([("00" * 8, 1), ("11" * 8, 2), ("00" * 4 + "01000000", 3)])
    across = seen[4:12].hex()
    assert not has_seen(seen, across)
    assert has_seen(packed([*unpacked(seen), (across, 4)]), across)


@given(histories)
def test_identities_are_kept_for_the_horizon(pairs: list[tuple[str, int]]) -> None:
    """One more drops what came longer ago than the horizon, and keeps the rest in order."""
    seen, model = NOTHING_SEEN, list[tuple[str, int]]()
    for one, today in pairs:
        seen = remembered(seen, one, today)
        model = [(old, day) for old, day in model if today - day <= HORIZON_DAYS]
        model.append((one, today))
        assert unpacked(seen) == model


def test_the_oldest_of_too_many_are_forgotten() -> None:
    """An item keeps so many identities and no more."""
    seen = NOTHING_SEEN
    for number in range(MAX_SEEN + 5):
        seen = remembered(seen, digest(str(number)), 20_000)
    kept = [one for one, _ in unpacked(seen)]
    assert kept == [digest(str(number)) for number in range(5, MAX_SEEN + 5)]


@pytest.mark.parametrize(
    "pair", [("abcd", 1), ("00" * 9, 1), ("no digest here!!", 1), ("00" * 8, -1), ("00" * 8, 2**32)]
)
def test_what_is_no_identity_is_refused(pair: tuple[str, int]) -> None:
    """A damaged row is an error and never an identity cut to length."""
    with pytest.raises(ValueError, match=r"digest|hexadecimal"):
        packed([pair])
