"""Files behind the connector contract."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, ClassVar

from connectors.base.checkpoints import sized
from connectors.base.contract import Checkpoint, DeadRecord, Health, Page
from connectors.base.errors import ConfigurationError, DataError
from connectors.base.moments import not_ahead
from connectors.base.registry import ConnectorContext, Progress
from connectors.files.mapping import VENDOR, Mapper
from connectors.files.progress import FileProgress
from connectors.files.reading import Row, RowReader, open_rows
from connectors.files.settings import Settings
from schemas.envelope import Event
from schemas.feedback import FeedbackReceived
from schemas.topics import RECEIVED

__all__ = ["Files", "make"]

_MOST_FILES = 1_000
_PAGE_BYTES = 4 * 1024 * 1024
"""A page ends here even if it has few rows: it is one transaction."""
_BEING_WRITTEN = timedelta(seconds=60)
"""A file changed this lately may still be written to: half a row at its end is left alone."""


class Files:
    """A ``Connector``."""

    vendor: ClassVar[str] = VENDOR

    def __init__(self, settings: Settings, context: ConnectorContext) -> None:
        self._settings = settings
        self._context = context
        self._mapper = Mapper(context.source_name, settings)

    async def pull(self, checkpoint: Checkpoint | None) -> AsyncIterator[Page]:
        """Every file in the order of its name, from where it was left."""
        files = await asyncio.to_thread(self._files)
        done = {name: text for name, text in (checkpoint or {}).items() if name in files}
        for name, path in files.items():
            with ExitStack() as stack:
                opened = await asyncio.to_thread(self._open, stack, name, path, done.get(name))
                while opened is not None:
                    page = await asyncio.to_thread(opened.page)
                    if page is None:
                        break
                    events, dead, progress = page
                    done = {**done, name: str(progress)}
                    yield Page(events, sized(done), dead)
                    self._context.progress(Progress(progress.offset, opened.size, name))

    async def health(self) -> Health:
        """Whether there are files, and the first can be read."""
        try:
            files = await asyncio.to_thread(self._files)
            for name, path in list(files.items())[:1]:
                with ExitStack() as stack:
                    await asyncio.to_thread(self._open, stack, name, path, None)
        except ConfigurationError as error:
            return Health(ok=False, summary=str(error), remedy=error.remedy)
        return Health(ok=True, summary=f"reads {len(files)} file(s)", sample={"files": len(files)})

    async def close(self) -> None:
        """Nothing is held."""

    def _files(self) -> dict[str, Path]:
        """Files by the name they have in checkpoints and dead letters, in the order of names."""
        pattern = Path(self._settings.path).expanduser()
        folder = self._context.folder if not pattern.is_absolute() else Path(pattern.anchor)
        relative = pattern.relative_to(pattern.anchor) if pattern.is_absolute() else pattern
        found = [folder / relative] if (folder / relative).is_file() else []
        if not found and any(character in str(relative) for character in "*?["):
            found = sorted(path for path in folder.glob(str(relative)) if path.is_file())
        if not found:
            raise ConfigurationError(
                f"no file at {self._settings.path}",
                remedy="correct path in sources.yaml; it is relative to the configuration's folder",
            )
        if len(found) > _MOST_FILES:
            raise ConfigurationError(
                f"{self._settings.path} fits {len(found)} files, at most {_MOST_FILES} are read",
                remedy="split the source into several",
            )
        names = [path.name for path in found]
        if len(set(names)) < len(names):
            names = [path.relative_to(folder).as_posix() for path in found]
        return dict(zip(names, found, strict=True))

    def _open(
        self, stack: ExitStack, name: str, path: Path, done: str | None
    ) -> "_OpenFile | None":
        """The file at the place to go on from; ``None`` if nothing is new in it. Blocks."""
        try:
            file = stack.enter_context(path.open("rb"))
            status = path.stat()
        except OSError as error:
            raise ConfigurationError(
                f"{name} cannot be read: {error.strerror}",
                remedy="give this user the right to read the file",
            ) from None
        progress = FileProgress.read(done)
        if not progress.continues(file, status.st_size, status.st_mtime_ns):
            progress = FileProgress()
        elif progress.offset == status.st_size:
            return None
        file.seek(0)
        rows = open_rows(file, name, self._settings, offset=progress.offset, line=progress.line)
        self._require_columns(name, rows)
        now = self._context.clock.now()
        changed = datetime.fromtimestamp(status.st_mtime, tz=UTC)
        return _OpenFile(
            name=name,
            path=path,
            file=file,
            size=status.st_size,
            changed=status.st_mtime_ns,
            file_time=not_ahead(min(changed, now), "the file's time", now),
            fresh=now - changed < _BEING_WRITTEN,
            rows=rows,
            mapper=self._mapper,
            now=now,
            most=self._settings.page_rows,
        )

    def _require_columns(self, name: str, rows: RowReader) -> None:
        wanted = {*self._settings.columns.named().values()}
        wanted |= {*self._settings.columns.attributes.values()}
        missing = sorted(wanted - set(rows.columns))
        if rows.columns and missing:
            raise ConfigurationError(
                f"{name} has no column {missing[0]!r}; there are: {', '.join(rows.columns[:20])}",
                remedy="correct columns in sources.yaml; null for what the file does not have",
            )


@dataclass(slots=True)
class _OpenFile:
    """A file that is being read. Its methods block on the disk."""

    name: str
    path: Path
    file: BinaryIO
    size: int
    changed: int
    file_time: datetime
    fresh: bool
    rows: RowReader
    mapper: Mapper
    now: datetime
    most: int

    def page(
        self,
    ) -> tuple[list[Event[FeedbackReceived]], list[DeadRecord], FileProgress] | None:
        """The next rows and the place behind them; ``None`` at the end."""
        events: list[Event[FeedbackReceived]] = []
        dead: list[DeadRecord] = []
        read, row = 0, None
        while len(events) + len(dead) < self.most and read < _PAGE_BYTES:
            following = self.rows.next()
            if following is None or self._unfinished(following):
                break
            row = following
            read += len(row.raw)
            try:
                events.append(self._event(row))
            except DataError as error:
                place = f"{self.name}:{row.line}"
                dead.append(DeadRecord(RECEIVED.name, place, f"{place}: {error}", row.raw))
        if row is None:
            return None
        with self.path.open("rb") as again:
            progress = FileProgress.at(again, row.end, row.line + row.lines, self.changed)
        return events, dead, progress

    def _event(self, row: Row) -> Event[FeedbackReceived]:
        if row.fields is None:
            raise DataError(row.problem)
        return self.mapper.event(row.fields, self.file_time, self.now)

    def _unfinished(self, row: Row) -> bool:
        """Whether somebody is still writing this row: it is left for the next pull."""
        return row.open_ended and row.fields is None and self.fresh


def make(settings: Settings, context: ConnectorContext) -> Files:
    """The connector of one source."""
    return Files(settings, context)
