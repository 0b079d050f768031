"""Which partition a key is in: part of the contract with every other Kafka client."""

import pytest
from aiokafka.partitioner import murmur2 as other_murmur2
from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner.default import murmur2

from schemas.partitioner import partition_for
from workers.processor import Record
from workers.streaming.engine.halts.placement import MisplacedError, check_placement

# Kafka's own test vectors (UtilsTest.testMurmur2), made positive as its partitioner does.
HASHES = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}


@pytest.mark.parametrize(("key", "hashed"), HASHES.items(), ids=str)
def test_a_key_is_where_kafkas_own_client_puts_it(key: bytes, hashed: int) -> None:
    """The partition is the positive murmur2 of the key's bytes, modulo the number of partitions."""
    for partitions in (1, 4, 7, 50):
        assert partition_for(key, partitions) == (hashed & 0x7FFFFFFF) % partitions


@given(st.binary(min_size=1), st.integers(1, 100))
def test_other_clients_producers_agree(key: bytes, partitions: int) -> None:
    """Whoever writes by kafka-python's or aiokafka's default puts a key where we look for it."""
    found = partition_for(key, partitions)
    assert found == (murmur2(key) & 0x7FFFFFFF) % partitions
    assert found == (other_murmur2(key) & 0x7FFFFFFF) % partitions


def record(key: bytes | None, partition: int, offset: int = 0) -> Record:
    """A record of four partitions."""
    return Record("input", partition, offset, key, b"{}", 1)


def test_records_in_the_partitions_of_their_keys_pass() -> None:
    """So does a record without a key, which belongs nowhere."""
    keys = [f"key-{number}".encode() for number in range(50)]
    records = [record(key, partition_for(key, 4)) for key in keys]
    check_placement([*records, record(None, 3)], 4, whole=True)


def test_a_record_without_a_key_hides_nothing_behind_it() -> None:
    """What comes after it is looked at all the same."""
    bad = next(f"{n}".encode() for n in range(99) if partition_for(f"{n}".encode(), 4) == 1)
    with pytest.raises(MisplacedError, match="offset 1 "):
        check_placement([record(None, 2), record(bad, 2, 1)], 4, whole=True)


def test_another_partitioner_halts_the_task_at_its_first_chunk() -> None:
    """One misplaced record among many is found; the message names it and where it belongs."""
    good = next(f"{n}".encode() for n in range(99) if partition_for(f"{n}".encode(), 4) == 2)
    bad = next(f"{n}".encode() for n in range(99) if partition_for(f"{n}".encode(), 4) == 1)
    records = [record(good, 2, offset) for offset in range(700)]
    records[321] = record(bad, 2, 321)
    with pytest.raises(
        MisplacedError, match=r"input partition 2 offset 321 .* belongs to partition 1 of 4"
    ):
        check_placement(records, 4, whole=True)
    check_placement(records, 4, whole=False)
    records[500] = record(bad, 2, 500)
    with pytest.raises(MisplacedError, match="offset 500"):
        check_placement(records, 4, whole=False)
