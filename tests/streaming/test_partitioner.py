"""Which partition a key is in: part of the contract with every other Kafka client."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner.default import murmur2

from workers.streaming.engine.transaction import partition_for

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
def test_another_clients_producer_agrees(key: bytes, partitions: int) -> None:
    """Whoever writes by kafka-python's default puts a key where we look for it."""
    assert partition_for(key, partitions) == (murmur2(key) & 0x7FFFFFFF) % partitions
