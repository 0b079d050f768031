"""Sources: which are read, and what to do about those that are not."""

from datetime import datetime

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from workers.archive.queries import Connection, gaps_seen, sources
from workers.web.pages.inbox import Empty
from workers.web.site import Site
from workers.web.view.source_state import SourceState, source_states, summary

__all__ = ["midnight", "router", "states"]


def midnight(now: datetime) -> datetime:
    """When the day of ``now`` began, in UTC."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def states(site: Site, connection: Connection) -> tuple[SourceState, ...]:
    """Every source that reported or is configured."""
    now = site.now()
    configured = site.configuration.sources if site.configuration else ()
    return source_states(sources(connection, midnight(now)), configured, now)


def router(site: Site) -> APIRouter:
    """The page at ``/sources``."""
    made = APIRouter()

    @made.get("/sources")
    def show() -> HTMLResponse:
        with site.reading() as connection:
            found = states(site, connection)
            gaps = gaps_seen(connection)
            frame = site.frame(connection)
        return site.render(
            "sources.html",
            path="/sources",
            frame=frame,
            sources=found,
            gaps=gaps,
            summary=summary(found),
            midnight=midnight(site.now()),
            empty=Empty(
                "",
                "Name the tools your customers write to in sources.yaml, then see what can be "
                "read with the command below; or watch the demonstration: productops demo",
                command="productops sources list",
            ),
        )

    return made
