"""Whether the pages live and can show anything, and the metrics of this role."""

from fastapi import APIRouter
from starlette.responses import PlainTextResponse, Response

from workers.archive.queries import ArchiveUnavailableError, freshness
from workers.observability.exposition import exposition
from workers.observability.metrics import Metrics
from workers.web.site import Site

__all__ = ["router"]


def router(site: Site, metrics: Metrics) -> APIRouter:
    """``/healthz``, ``/readyz`` and ``/metrics``."""
    made = APIRouter(include_in_schema=False)

    @made.get("/healthz")
    async def live() -> PlainTextResponse:
        return PlainTextResponse("ok\n")

    @made.get("/readyz")
    def ready() -> PlainTextResponse:
        reason = _missing(site)
        if reason is not None:
            return PlainTextResponse(f"{reason}\n", status_code=503)
        return PlainTextResponse("ready\n")

    @made.get("/metrics")
    def scrape() -> Response:
        return exposition(metrics, "web", ready=_missing(site) is None)

    return made


def _missing(site: Site) -> ArchiveUnavailableError | None:
    """Why the pages have nothing to show, if they have not."""
    try:
        with site.reading() as connection:
            freshness(connection)
    except ArchiveUnavailableError as error:
        return error
    return None
