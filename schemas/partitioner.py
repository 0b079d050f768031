"""Which partition a key is in: part of the contract, like the number of partitions.

Invariant 9: state is looked for where this puts it. Kafka's own clients (Java, kafka-python,
aiokafka) compute it so by default; librdkafka's clients do with ``partitioner=murmur2_random``.
Source: ``org.apache.kafka.common.utils.Utils.murmur2`` and ``BuiltInPartitioner``.
"""

from struct import iter_unpack

__all__ = ["partition_for"]

_SEED = 0x9747B28C
_M = 0x5BD1E995
_MASK = 0xFFFFFFFF


def partition_for(key: bytes, partitions: int) -> int:
    """Partition of a key: the positive murmur2 of its bytes, modulo the number of partitions."""
    return (_murmur2(key) & 0x7FFFFFFF) % partitions


def _murmur2(data: bytes) -> int:
    """MurmurHash2, 32 bits, with Kafka's seed, as an unsigned number."""
    length = len(data)
    whole = length & ~3
    hashed = _SEED ^ length
    for (word,) in iter_unpack("<I", data[:whole]):
        mixed = word * _M & _MASK
        hashed = (hashed * _M & _MASK) ^ ((mixed ^ mixed >> 24) * _M & _MASK)
    if whole < length:
        hashed = (hashed ^ int.from_bytes(data[whole:], "little")) * _M & _MASK
    hashed = (hashed ^ hashed >> 13) * _M & _MASK
    return hashed ^ hashed >> 15
