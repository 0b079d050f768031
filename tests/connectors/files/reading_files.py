"""Reading a file of given bytes to its end."""

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from connectors.base.contract import Checkpoint, DeadRecord, Page
from connectors.base.registry import Progress
from connectors.files import Settings, make
from schemas.envelope import Event
from tests.connectors.surroundings import NOW, events_in, pages_of, surroundings

YESTERDAY = NOW - timedelta(days=1)


def write(path: Path, content: bytes | str, changed: datetime = YESTERDAY) -> None:
    """Write a file that was last changed at ``changed``."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    os.utime(path, (changed.timestamp(), changed.timestamp()))


async def pull(
    folder: Path,
    path: str,
    checkpoint: Checkpoint | None = None,
    progress: list[Progress] | None = None,
    **settings: Any,
) -> list[Page]:
    """Every page of one pull."""
    seen = [] if progress is None else progress
    connector = make(
        Settings.model_validate({"path": path, **settings}),
        surroundings(folder=folder, name="history", progress=seen.append),
    )
    return await pages_of(connector, checkpoint)


async def load(
    folder: Path, path: str, **settings: Any
) -> tuple[list[Event[Any]], list[DeadRecord]]:
    """Events and dead letters of a first pull."""
    pages = await pull(folder, path, **settings)
    return events_in(pages), [record for page in pages for record in page.dead]


def texts(events: list[Event[Any]]) -> list[str]:
    """What they say."""
    return [event.data.text for event in events]
