"""What every page shares: the archive, the clock, the names, the frame around the content."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.responses import HTMLResponse

from connectors.base.contract import Clock
from workers import __version__
from workers.archive.queries import (
    ArchiveUnavailableError,
    Attention,
    Connection,
    Engine,
    attention,
    freshness,
    reading,
)
from workers.config.load import Configuration
from workers.letters.seam import LetterActions
from workers.web.assets import Asset, read_assets
from workers.web.forms import new_token
from workers.web.options import WebOptions
from workers.web.templating import environment
from workers.web.view.age import Age, age_of
from workers.web.view.names import Names

__all__ = ["Frame", "PageLink", "Site"]

_MOST = 99


@dataclass(frozen=True, slots=True)
class PageLink:
    """One page in the navigation, with a number where somebody should look."""

    path: str
    title: str
    current: bool
    count: str = ""
    what: str = ""
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around a page's content."""

    attention: Attention
    age: Age | None


_NO_ATTENTION = Attention(0, 0, 0)


class Site:
    """Renders pages. One an application; holds nothing that changes."""

    def __init__(
        self,
        engine: Engine,
        configuration: Configuration | None,
        clock: Clock,
        options: WebOptions,
        letters: LetterActions | None = None,
    ) -> None:
        self.configuration = configuration
        self.letters = letters
        """What can be done with dead letters; ``None`` where there is no Kafka to do it on."""
        self.form_token = new_token()
        self.options = options
        self.names = Names(configuration.team if configuration else None)
        self.assets = read_assets()
        self._engine = engine
        self._clock = clock
        self._templates = environment()

    def now(self) -> datetime:
        """The time that ages are counted from."""
        return self._clock.now()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to the archive; raises ``ArchiveUnavailableError``."""
        with reading(self._engine) as connection:
            yield connection

    def frame(self, connection: Connection) -> Frame:
        """The numbers around a page."""
        return Frame(attention(connection), age_of(freshness(connection), self.now()))

    def render(
        self,
        template: str,
        *,
        path: str,
        frame: Frame | None,
        status: int = 200,
        **context: Any,
    ) -> HTMLResponse:
        """A page; ``path`` is the navigation entry it belongs to."""
        counts = frame.attention if frame else _NO_ATTENTION
        html = self._templates.get_template(template).render(
            now=self.now(),
            names=self.names,
            sample=self.options.sample,
            version=__version__,
            asset=self._address,
            age=frame.age if frame else None,
            pages=_navigation(path, counts),
            **context,
        )
        return HTMLResponse(html, status_code=status)

    def problem(
        self, title: str, text: str, *, status: int, path: str = "", command: str = ""
    ) -> HTMLResponse:
        """A page that says what is wrong and what to do."""
        try:
            with self.reading() as connection:
                frame = self.frame(connection)
        except ArchiveUnavailableError:
            frame = None
        return self.render(
            "problem.html",
            path=path,
            frame=frame,
            status=status,
            title=title,
            text=text,
            command=command,
        )

    def _address(self, name: str) -> str:
        asset: Asset = self.assets[name]
        return asset.address


def _shown(count: int) -> str:
    if count > _MOST:
        return f"{_MOST}+"
    return str(count) if count else ""


def _navigation(path: str, counts: Attention) -> tuple[PageLink, ...]:
    return (
        PageLink("/", "Inbox", path == "/"),
        PageLink(
            "/messages",
            "Messages",
            path == "/messages",
            _shown(counts.failed_messages),
            "failed",
            urgent=True,
        ),
        PageLink(
            "/sources",
            "Sources",
            path == "/sources",
            _shown(counts.stopped_sources),
            "stopped",
            urgent=True,
        ),
        PageLink(
            "/dead-letters", "Dead letters", path == "/dead-letters", _shown(counts.dead_letters)
        ),
    )
