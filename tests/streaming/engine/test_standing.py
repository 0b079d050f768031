"""Where a task stands: what its next commit covers."""

from aiokafka import TopicPartition

from workers.streaming.backoff import backoff
from workers.streaming.engine.standing import Standing

A, B = TopicPartition("a", 0), TopicPartition("b", 0)


def standing(now: float = 0.0) -> Standing:
    """Stands at the beginning of both inputs."""
    found = Standing(clock=lambda: now)
    found.go_on({A: 10, B: 20}, 1_000)
    return found


def test_a_commit_that_was_put_off_travels_with_the_next() -> None:
    """The next transaction commits its own positions and those put off, once."""
    at = standing()
    at.put_off({A: 15})
    at.passed({A: 15}, 2_000)
    ends = at.to_commit({B: 25})
    assert ends == {A: 15, B: 25}
    at.committed(ends)
    at.passed({B: 25}, 3_000)
    assert at.to_commit({}) == {}


def test_what_was_put_off_is_kept_when_nobody_has_committed_meanwhile() -> None:
    """After a restart of the task it goes on behind what had no effect, for it comes not again."""
    at = standing()
    at.put_off({A: 15})
    at.passed({A: 15}, 2_000)
    at.go_on({A: 10, B: 20}, 1_000)
    assert at.positions == {A: 15, B: 20}
    assert at.now == 2_000
    assert at.to_commit({}) == {A: 15}


def test_what_was_put_off_is_given_up_when_somebody_has_committed_meanwhile() -> None:
    """Another owner's offsets and stream time count, not ours."""
    at = standing()
    at.put_off({A: 15})
    at.passed({A: 15}, 2_000)
    at.go_on({A: 12, B: 20}, 1_500)
    assert at.positions == {A: 12, B: 20}
    assert at.now == 1_500
    assert at.to_commit({}) == {}


def test_a_commit_waits_only_so_long() -> None:
    """The wait counts from the first position put off; without one there is none."""
    time = 0.0
    at = Standing(clock=lambda: time)
    at.go_on({A: 0}, 0)
    assert not at.waits_longer_than(0.0)
    at.put_off({A: 1})
    at.passed({A: 1}, 0)
    time = 2.0
    at.put_off({A: 2})
    time = 3.5
    assert at.waits_longer_than(3.0)
    assert not at.waits_longer_than(4.0)


def test_pauses_double_up_to_a_bound() -> None:
    """The first pause, its doubles, and never more than the bound, after however many failures."""
    pauses = [backoff(failures, first=0.5, most=5.0) for failures in (1, 2, 3, 4, 5, 100_000)]
    assert pauses == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]


def test_what_is_committed_is_what_the_group_is_compared_with() -> None:
    """After a commit of ours the broker tells the new offsets: nobody else has committed."""
    at = standing()
    at.put_off({A: 15})
    at.passed({A: 15}, 2_000)
    at.committed(at.to_commit({}))
    at.put_off({A: 18})
    at.passed({A: 18}, 3_000)
    at.go_on({A: 15, B: 20}, 2_000)
    assert at.positions == {A: 18, B: 20}
    assert at.now == 3_000
