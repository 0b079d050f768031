"""How many records a transaction covers."""

from workers.streaming.engine.chunk_bound import ChunkBound


def test_late_transactions_become_smaller_down_to_one_record() -> None:
    """Each late one halves the next; there is always something that is tried."""
    bound = ChunkBound(5)
    seen = [bound.records]
    for _ in range(4):
        bound.late()
        seen.append(bound.records)
    assert seen == [5, 2, 1, 1, 1]


def test_transactions_in_time_become_larger_up_to_what_is_set() -> None:
    """A broker that has recovered gets whole chunks again."""
    bound = ChunkBound(12)
    bound.late()
    bound.late()
    seen = []
    for _ in range(4):
        bound.in_time()
        seen.append(bound.records)
    assert seen == [6, 12, 12, 12]
