"""The order in which a receiver's messages go out."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from workers.delivery.bucket import Bucket
from workers.delivery.queue import Job, Queue


def test_of_what_is_due_the_oldest_request_goes_first() -> None:
    """A message that became due earlier does not overtake one that was requested earlier."""
    queue = Queue()
    queue.put(Job(requested_at=5, key="young", partition=0), 10)
    queue.put(Job(requested_at=1, key="old", partition=1), 20)
    assert [queue.take(30), queue.take(30)] == [Job(1, "old", 1), Job(5, "young", 0)]


def test_a_message_that_waits_does_not_hold_up_the_others() -> None:
    """What is not due is passed over."""
    queue = Queue()
    queue.put(Job(1, "waits", 0), 1_000)
    queue.put(Job(2, "due", 0), 10)
    assert queue.take(10) == Job(2, "due", 0)
    assert queue.take(10) is None
    assert queue.next_due() == 1_000


def test_a_partition_that_comes_back_is_not_sent_by_its_former_times() -> None:
    """What was due before a partition left is not due when it returns with a later time."""
    queue = Queue()
    queue.put(Job(1, "first", 0), 10)
    queue.put(Job(2, "second", 0), 10)
    queue.take(10)
    queue.drop_partition(0)
    queue.put(Job(2, "second", 0), 500)
    assert queue.take(499) is None
    assert queue.take(500) == Job(2, "second", 0)


_keys = st.sampled_from("abcd")
_partitions = st.integers(0, 1)
_steps = st.lists(
    st.one_of(
        st.tuples(st.just("put"), _partitions, _keys, st.integers(0, 60)),
        st.tuples(st.just("take"), st.integers(0, 5)),
        st.tuples(st.just("drop"), _partitions, _keys),
        st.tuples(st.just("leave"), _partitions),
    ),
    max_size=60,
)


@given(_steps)
def test_the_queue_behaves_like_a_plain_table_of_due_times(steps: list[Any]) -> None:
    """Whatever the order of calls, it hands out what a search through a table would find."""
    queue, now = Queue(), 0
    table: dict[tuple[int, str], int] = {}
    for step in steps:
        match step:
            case ("put", partition, key, due):
                queue.put(Job(ord(key), key, partition), due)
                table[partition, key] = due
            case ("drop", partition, key):
                queue.drop(partition, key)
                table.pop((partition, key), None)
            case ("leave", partition):
                queue.drop_partition(partition)
                table = {place: due for place, due in table.items() if place[0] != partition}
            case ("take", passed):
                now += passed
                due_now = [Job(ord(key), key, p) for (p, key), due in table.items() if due <= now]
                taken = queue.take(now)
                assert taken == min(due_now, default=None)
                if taken is not None:
                    del table[taken.partition, taken.key]
        assert len(queue) == len(table)
        assert (queue.next_due() is None) == (not table)


def test_a_bucket_lets_one_call_through_and_then_keeps_the_rate(clock: Any) -> None:
    """At two a second the second call waits half a second, however long nothing was called."""
    clock.seconds += 1_000
    bucket = Bucket(clock, 2.0)
    assert bucket.delay() == 0
    bucket.take()
    assert bucket.delay() == 0.5
    clock.seconds += 60
    assert bucket.delay() == 0
    bucket.take()
    assert bucket.delay() == 0.5
