"""One source's poller: pull, publish, wait; stop for what only a person can mend."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

import structlog
from aiokafka.errors import KafkaError

from connectors.base.contract import Clock, Connector, Page
from connectors.base.errors import ConfigurationError, TransientError
from schemas.platform import CheckpointSaved
from workers.config.sources import Source
from workers.ingest.fates import fates
from workers.ingest.publisher import Publisher
from workers.ingest.traced import traced
from workers.ingest.watch import SourceWatch
from workers.streaming.access.dates import refused_date
from workers.streaming.access.reasons import in_words, refused_right
from workers.streaming.backoff import backoff
from workers.streaming.engine.halts.fuse import Fuse, FuseBlownError, FuseLimits
from workers.streaming.engine.recovery.restore import RestoreError
from workers.streaming.engine.transaction import FencedError

__all__ = ["Poller"]

log = structlog.get_logger(__name__)

_FIRST_BACKOFF_SECONDS = 1.0
_MAX_BACKOFF_SECONDS = 300.0
_MEND = (
    "Look at some with `productops sources try`, mend the source's settings or take a version that "
    "knows what the tool sends now, then restart the connectors. If the records themselves are "
    "bad, restart with PRODUCTOPS_FUSE=false: they become dead letters."
)
_FAULT = "an unexpected error, which is a fault of this program: see the log of the connectors role"


class Poller:
    """Reads one source until it is cancelled, fenced, or needs a person."""

    def __init__(
        self,
        source: Source,
        connect: Callable[[datetime], Connector],
        publisher: Publisher,
        watch: SourceWatch,
        clock: Clock,
        *,
        fuse: FuseLimits = FuseLimits(),  # noqa: B008 - frozen
    ) -> None:
        """``connect`` makes the connector, told from when on a first pull reads."""
        self._source = source
        self._connect = connect
        self._publisher = publisher
        self._watch = watch
        self._clock = clock
        self._limits = fuse
        self._fuse = Fuse(fuse)
        self._failures = 0
        """Restarts since something was last written."""
        self._saved = CheckpointSaved(source_name=source.name, vendor=source.connector)
        self._down = False
        """Whether Kafka has refused what we write, and nothing was written since."""
        self._right = ""
        """What to do about a right that is missing."""
        self._known = False
        """Whether ``_saved`` is what the topic holds: else nothing is written over it."""

    async def run(self) -> None:
        """Poll; returns when an older sibling of ours was started, or a person is needed."""
        try:
            await self._run()
        finally:
            with suppress(KafkaError):
                await self._publisher.close()

    async def _run(self) -> None:
        going_on = True
        while going_on:
            try:
                going_on = await self._attempt()
            except FencedError:
                log.info("source_taken_over", source=self._source.name)
                return
            except (KafkaError, RestoreError, TimeoutError) as error:
                self._failures += 1
                self._refused(error)
                reason = refused_date(error, self._clock.now()) or in_words(error)
                log.warning("source_restarts", source=self._source.name, error=reason)
                await self._clock.sleep(_backoff(self._failures))

    def _refused(self, error: Exception) -> None:
        """Kafka may have refused what we write: the source is down until something is written."""
        self._right = refused_right(error) or ""
        if self._right or refused_date(error, self._clock.now()):
            self._down = True
            self._watch.down(self._source.name)

    async def _attempt(self) -> bool:
        """A session; what ended it is said where the page shows it. Whether to begin another."""
        try:
            await self._session()
        except ConfigurationError as error:
            await self._stopped(str(error), error.remedy, "configuration")
            return False
        except FuseBlownError as error:
            await self._stopped(f"{error}; nothing of them was taken in", _MEND, "data")
            return False
        except (FencedError, KafkaError, RestoreError, TimeoutError):
            raise
        except Exception:  # a fault of ours in one connector must not end the others
            self._failures += 1
            log.exception("source_failed", source=self._source.name)
            self._watch.failed(self._source.name, "transient")
            wait = _backoff(self._failures)
            await self._note(status="waiting", remedy=_FAULT, wait=wait)
            await self._clock.sleep(wait)
        return True

    async def _session(self) -> None:
        """From a fresh producer on: repeated after every error of Kafka's."""
        self._known = False
        self._fuse = Fuse(self._limits)  # a page that was not written is judged once more
        self._saved = await self._publisher.open() or self._saved
        self._known = True
        if self._saved.last_success is not None:  # else the alert on its age would begin anew
            self._watch.succeeded(self._source.name, self._saved.last_success)
        if self._right:  # the page shows it where only the right to write events is missing
            await self._note(status="waiting", remedy=self._right[:512], wait=0.0)
        connector = self._connect(self._source.start(self._clock.now()))
        if not self._down:
            self._watch.up(self._source.name)
        failures = 0
        try:
            while True:
                try:
                    await self._pull(connector)
                except TransientError as error:
                    failures += 1
                    self._watch.failed(self._source.name, "transient")
                    wait = max(error.retry_after or 0.0, _backoff(failures))
                    await self._say("waiting", str(error), wait)
                else:
                    failures = 0
                    wait = self._source.every.total_seconds()
                    await self._success(wait)
                await self._clock.sleep(wait)
        finally:
            await connector.close()

    async def _pull(self, connector: Connector) -> None:
        checkpoint = self._saved.checkpoint or None
        asked = self._clock.monotonic()
        async for pulled in connector.pull(checkpoint):
            self._fuse.judge(fates(pulled))
            page = traced(pulled)
            now, got = self._clock.now(), self._clock.monotonic()
            newest = max((event.time for event in page.events), default=None)
            saved = self._saved.model_copy(
                update={
                    "checkpoint": dict(page.checkpoint),
                    "records": len(page.events),
                    "dead": len(page.dead),
                    "last_event_time": _later(self._saved.last_event_time, newest),
                    "status": "ok",
                    "remedy": "",
                }
            )
            await self._write(page, saved, now)
            self._works()
            self._saved = saved
            self._failures = 0
            written = self._clock.monotonic()
            self._watch.published(
                self._source.name,
                page,
                self._clock.now(),
                seconds=written - asked,
                transaction_seconds=written - got,
            )
            asked = written
            if page.events or page.dead:
                log.debug(
                    "page_published",
                    source=self._source.name,
                    events=len(page.events),
                    dead=len(page.dead),
                )

    async def _success(self, wait: float) -> None:
        now = self._clock.now()
        self._watch.succeeded(self._source.name, now)
        await self._note(status="ok", remedy="", last_success=now, wait=wait)
        self._works()

    async def _say(self, status: str, remedy: str, wait: float) -> None:
        log.warning("source_waits", source=self._source.name, reason=remedy, seconds=wait)
        await self._note(status=status, remedy=remedy[:512], wait=wait)

    async def _stopped(self, reason: str, remedy: str, error_class: str) -> None:
        """The page has to show it, and that needs nothing of the source."""
        self._watch.failed(self._source.name, error_class)
        self._watch.down(self._source.name)
        log.error("source_stopped", source=self._source.name, reason=reason, remedy=remedy)
        await self._note(status="stopped", remedy=f"{reason}. {remedy}"[:512], wait=None)

    async def _note(
        self,
        *,
        status: str,
        remedy: str,
        wait: float | None,
        last_success: datetime | None = None,
    ) -> None:
        """Write how the source is: the same checkpoint with a new state."""
        if not self._known:
            return
        now = self._clock.now()
        self._saved = self._saved.model_copy(
            update={
                "status": status,
                "remedy": remedy,
                "records": 0,
                "dead": 0,
                "last_success": last_success or self._saved.last_success,
                "next_pull_at": None if wait is None else now + timedelta(seconds=wait),
            }
        )
        await self._write(Page(events=(), checkpoint=self._saved.checkpoint), self._saved, now)

    async def _write(self, page: Page, saved: CheckpointSaved, now: datetime) -> None:
        """A transaction, and how it ended."""
        try:
            await self._publisher.write(page, saved, now)
        except FencedError:
            self._watch.fenced()
            raise
        except (KafkaError, TimeoutError):
            self._watch.aborted()
            raise
        self._watch.committed()

    def _works(self) -> None:
        """What was refused is taken by now."""
        self._right = ""
        if self._down:
            self._down = False
            self._watch.up(self._source.name)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    moments = [moment for moment in (one, other) if moment is not None]
    return max(moments, default=None)


def _backoff(failures: int) -> float:
    return backoff(failures, first=_FIRST_BACKOFF_SECONDS, most=_MAX_BACKOFF_SECONDS)
