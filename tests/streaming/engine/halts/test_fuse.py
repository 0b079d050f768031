import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from workers.streaming.engine.halts.fuse import Fuse, FuseBlownError, FuseLimits

LIMITS = FuseLimits(consecutive=5, ratio=0.5, window=10)


def survives(fates: list[bool]) -> bool:
    try:
        Fuse(LIMITS).judge(fates)
    except FuseBlownError:
        return False
    return True


def by_definition(fates: list[bool]) -> bool:
    """The rule read literally: no run of five, no full window with more than half dead."""
    runs = any(all(fates[i : i + 5]) for i in range(len(fates) - 4))
    windows = any(sum(fates[i : i + 10]) > 5 for i in range(len(fates) - 9))
    return not runs and not windows


@given(fates=st.lists(st.booleans(), max_size=60))
def test_the_fuse_blows_exactly_when_its_rule_says(fates: list[bool]) -> None:
    """A run of dead records, or too large a share of a full window, blows the fuse."""
    assert survives(fates) == by_definition(fates)


@given(fates=st.lists(st.booleans(), max_size=60), cut=st.integers(0, 60))
def test_how_records_were_cut_into_chunks_does_not_matter(fates: list[bool], cut: int) -> None:
    """The fuse counts over chunks as if they were one."""
    fuse = Fuse(LIMITS)
    blown = False
    for part in (fates[:cut], fates[cut:]):
        try:
            fuse.judge(part)
        except FuseBlownError:
            blown = True
            break
    assert blown != survives(fates)


@given(parts=st.lists(st.tuples(st.booleans(), st.integers(0, 12)), max_size=12))
@example(parts=[(False, 2), (True, 3), (False, 1), (True, 3), (False, 1)])
def test_a_chunk_told_to_have_passed_counts_like_one_that_is_judged(
    parts: list[tuple[bool, int]],
) -> None:
    """Whichever way passing records are told, the fuse blows at the same one or not at all."""
    fates = [dead for dead, count in parts for _ in range(count)]
    fuse = Fuse(LIMITS)
    blown = False
    try:
        for dead, count in parts:
            if dead:
                fuse.judge([True] * count)
            else:
                fuse.passed(count)
    except FuseBlownError:
        blown = True
    assert blown != by_definition(fates)


def test_a_single_bad_record_never_blows_it() -> None:
    """One dead record among good ones is a dead letter and nothing more."""
    Fuse(FuseLimits()).judge([True] + [False] * 5_000)


def test_the_message_says_how_many() -> None:
    """Whoever reads the log learns how many died."""
    with pytest.raises(FuseBlownError, match="5 records in a row"):
        Fuse(LIMITS).judge([True] * 5)
