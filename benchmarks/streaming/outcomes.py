"""What a run has counted, read from Kafka alone, as whoever comes after it would read it."""

import asyncio
import json
from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer
from contenders import Counting, Run
from ours.counted import COUNTED

__all__ = ["counts_of", "verdict"]

Counts = dict[str, int]


def counts_of(run: Run) -> Counts | None:
    """Distinct units by experiment and variant; ``None`` where the run counts nothing."""
    match run.contender.counting:
        case Counting.OURS:
            return asyncio.run(_ours(run))
        case Counting.REAL:
            return asyncio.run(_real(run))
        case Counting.FAUST:
            return asyncio.run(_faust(run))
        case Counting.STREAMS:
            return asyncio.run(_streams(run))
        case Counting.QUIX:
            return asyncio.run(_quix(run))
    return None


def verdict(counts: Counts | None, expected: Mapping[str, int]) -> str:
    """Whether counts are right, and else by how much they are wrong."""
    if counts is None:
        return ""
    if counts == expected:
        return "yes"
    names = counts.keys() | expected.keys()
    over = sum(max(0, counts.get(name, 0) - expected.get(name, 0)) for name in names)
    under = sum(max(0, expected.get(name, 0) - counts.get(name, 0)) for name in names)
    total = sum(expected.values())
    wrong = [f"{sign}{n:,} ({n / total:.2%})" for sign, n in (("+", over), ("-", under)) if n]
    return f"NO, {' and '.join(wrong)}"


async def _ours(run: Run) -> Counts:
    """The counts in the state; those added up from the output must be the same."""
    state: Counts = {}
    prefix = COUNTED.encode()
    latest = await _latest(run, f"{run.name}.changelog", prefix)
    for (_, key), value in latest.items():
        name = key.removeprefix(prefix).decode()
        state[name] = state.get(name, 0) + int(value)
    emitted: Counts = {}
    for _, key, value in await _records(run, run.results):
        emitted[key.decode()] = emitted.get(key.decode(), 0) + int(value)
    if state != emitted:
        raise ValueError(f"state and output disagree: {state} and {emitted}")
    return state


async def _real(run: Run) -> Counts:
    """Each event that tells of a unit for the first time counts for one."""
    counts: Counts = {}
    for _, _, value in await _records(run, run.results):
        data = json.loads(value)["data"]
        if data["revision"] == 1:
            name = f"{data['experiment']}/{data['variant']}"
            counts[name] = counts.get(name, 0) + 1
    return counts


async def _faust(run: Run) -> Counts:
    """A table's rows by partition and name, as JSON."""
    counts: Counts = {}
    for (_, key), value in (await _latest(run, run.results)).items():
        name = json.loads(key).partition("/")[2]
        counts[name] = counts.get(name, 0) + int(json.loads(value))
    return counts


async def _streams(run: Run) -> Counts:
    """A store's rows of each partition: the count in eight bytes."""
    counts: Counts = {}
    for (_, key), value in (await _latest(run, run.results)).items():
        counts[key.decode()] = counts.get(key.decode(), 0) + int.from_bytes(value)
    return counts


async def _quix(run: Run) -> Counts:
    """Each record counts for one."""
    counts: Counts = {}
    for _, key, _ in await _records(run, run.results):
        counts[key.decode()] = counts.get(key.decode(), 0) + 1
    return counts


async def _latest(run: Run, topic: str, prefix: bytes = b"") -> dict[tuple[int, bytes], bytes]:
    """The latest value of each partition's keys."""
    rows: dict[tuple[int, bytes], bytes] = {}
    for partition, key, value in await _records(run, topic):
        if key.startswith(prefix):
            rows[partition, key] = value
    return rows


async def _records(run: Run, topic: str) -> list[tuple[int, bytes, bytes]]:
    """All committed records of a topic."""
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=run.servers,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=8 * 1024 * 1024,
    )
    await consumer.start()
    try:
        tps = consumer.assignment()
        ends = await consumer.end_offsets(tps)
        found: list[tuple[int, bytes, bytes]] = []
        while any([await consumer.position(tp) < ends[tp] for tp in tps]):
            for tp, records in (await consumer.getmany(timeout_ms=500)).items():
                found += [(tp.partition, record.key, record.value) for record in records]
    finally:
        await consumer.stop()
    return found
