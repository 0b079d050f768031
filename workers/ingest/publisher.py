"""Invariant 7: a page and its checkpoint are one transaction of the source's own producer.

    1. start      the producer ``source-<name>``: an older poller of the same source is fenced,
                  what it left open is ended
    2. read       the source's last checkpoint from the compacted topic
    3. begin      a transaction for a page
    4. write      its events, its dead letters, its checkpoint
    5. commit

A crash before 5 leaves the former checkpoint and no event; after 5 the page is there and is
never pulled again. An error in 3 to 5 leaves open whether the page was written: the poller
begins at 1 again and finds out.
"""

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from connectors.base.contract import DeadRecord, Page
from schemas.envelope import Event
from schemas.platform import CheckpointSaved, DeadLetter, ErrorClass, Origin
from schemas.topics import (
    CHECKPOINT_SAVED,
    MAX_RECORD_BYTES,
    REGISTRY,
    dead_letter_topic,
    topic_named,
)
from schemas.trace import child
from workers import __version__
from workers.processor import Emission
from workers.streaming.engine.recovery.restore import read_latest
from workers.streaming.engine.transaction import TRANSACTION_SECONDS, Producer

__all__ = ["Publisher", "event_emissions", "saved_checkpoints"]

_ROLE = "connectors"
_OPEN_SECONDS = 30.0
"""For the producer to be registered: the client itself asks for ever."""
_MAX_RAW_BYTES = 512 * 1024
_PARTITIONS = {topic.name: topic.partitions for topic in REGISTRY}


async def _go_on() -> None:
    return


class Publisher:
    """Writes one source's pages."""

    def __init__(
        self,
        source_name: str,
        client: Mapping[str, Any],
        *,
        written: Callable[[], Awaitable[None]] = _go_on,
        write_seconds: float = TRANSACTION_SECONDS,
        open_seconds: float = _OPEN_SECONDS,
    ) -> None:
        """``written`` is called between 4 and 5: where tests interfere."""
        self._source_name = source_name
        self._client = client
        self._written = written
        self._write_seconds = write_seconds
        self._open_seconds = open_seconds
        self._producer: Producer | None = None

    async def open(self) -> CheckpointSaved | None:
        """Fence an older poller; the last checkpoint, or ``None`` for a source never read.

        Raises ``KafkaError``, ``RestoreError``, and ``TimeoutError`` when Kafka does not answer.
        """
        await self.close()
        self._producer = Producer(f"source-{self._source_name}", self._client)
        try:
            async with asyncio.timeout(self._open_seconds):
                await self._producer.start()
        except TimeoutError as error:
            raise TimeoutError(
                f"Kafka did not answer within {self._open_seconds:g} s: the coordinator of the "
                "source's transactions is away or slow; look at the broker"
            ) from error
        return (await saved_checkpoints(self._client)).get(self._source_name)

    async def write(self, page: Page, saved: CheckpointSaved, now: datetime) -> None:
        """Write a page with its checkpoint; raises ``FencedError`` and ``KafkaError``.

        Raises ``TimeoutError`` when Kafka does not answer: the client itself asks for ever.
        """
        if self._producer is None:
            raise RuntimeError("the publisher is not open")
        emissions = [
            *event_emissions(page.events, self._source_name, now),
            *(_letter(dead, self._source_name, now) for dead in page.dead),
            _checkpoint(saved, now),
        ]
        try:
            async with asyncio.timeout(self._write_seconds):
                await self._producer.begin()
                await self._producer.write_events(emissions, _PARTITIONS)
                await self._written()
                await self._producer.commit()
        except TimeoutError as error:
            raise TimeoutError(
                f"Kafka has not taken a page within {self._write_seconds:.0f} s; whether it was "
                "written is found out by beginning again"
            ) from error

    async def close(self) -> None:
        """Let the connections go."""
        if self._producer is not None:
            producer, self._producer = self._producer, None
            await producer.stop()


async def saved_checkpoints(client: Mapping[str, Any]) -> dict[str, CheckpointSaved]:
    """The last checkpoint of every source."""
    rows = await read_latest(client, CHECKPOINT_SAVED.name, 0)
    model = CHECKPOINT_SAVED.event_model()
    return {key.decode(): model.from_json(value).data for key, value in rows.items()}


def event_emissions(
    events: Iterable[Event[Any]], source_name: str, now: datetime
) -> Iterable[Emission]:
    """The events as records; one too large for its topic becomes a dead letter."""
    for event in events:
        emission = Emission.of(topic_named(event.type), event)
        if len(emission.value) + len(emission.key) + 256 > MAX_RECORD_BYTES:
            dead = DeadRecord(
                event.type,
                event.id,
                f"{len(emission.value)} bytes: a record may have {MAX_RECORD_BYTES}",
                emission.value,
            )
            yield _letter(dead, source_name, now, ErrorClass.OVERSIZED, event.traceparent)
        else:
            yield emission


def _checkpoint(saved: CheckpointSaved, now: datetime) -> Emission:
    event = Event[CheckpointSaved](
        id=f"{saved.source_name}/{now.isoformat()}",
        source=f"/sources/{saved.source_name}",
        type=CHECKPOINT_SAVED.name,
        time=now,
        partitionkey=saved.source_name,
        data=saved,
    )
    return Emission.of(CHECKPOINT_SAVED, event)


def _letter(
    dead: DeadRecord,
    source_name: str,
    now: datetime,
    error_class: ErrorClass = ErrorClass.MAPPING,
    cause: str | None = None,
) -> Emission:
    """A dead letter whose id is the vendor's record: a repeated pull gives the same letter.

    It says one attempt and now, for nobody here remembers the former ones; whoever reads the
    topic counts them.
    ``cause`` is the ``traceparent`` of the event that it would have been.
    """
    topic = topic_named(dead_letter_topic(dead.topic))
    event_id, source = f"{source_name}/{dead.record_id}"[:512], f"/sources/{source_name}"
    event = Event[DeadLetter](
        id=event_id,
        source=source,
        type=topic.name,
        time=now,
        partitionkey=f"{source_name}:{dead.record_id}"[:512],
        traceparent=child(cause, f"{topic.name}#{source}#{event_id}"),
        data=DeadLetter(
            origin=Origin(
                topic=dead.topic, source_name=source_name, record_id=dead.record_id[:512]
            ),
            error_class=error_class,
            message=dead.message[:2_000],
            value=b64encode(dead.raw[:_MAX_RAW_BYTES]),
            truncated=len(dead.raw) > _MAX_RAW_BYTES,
            digest=sha256(dead.raw).hexdigest(),
            role=_ROLE,
            worker_version=__version__,
            first_failed_at=now,
            last_failed_at=now,
        ),
    )
    return Emission.of(topic, event)
