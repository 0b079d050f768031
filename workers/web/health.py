"""Whether the pages live and can show anything, and the metrics of this role."""

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import PlainTextResponse, Response

from workers.archive.queries import ArchiveUnavailableError, freshness
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
        try:
            with site.reading() as connection:
                freshness(connection)
        except ArchiveUnavailableError as error:
            return PlainTextResponse(f"{error}\n", status_code=503)
        return PlainTextResponse("ready\n")

    @made.get("/metrics")
    def scrape() -> Response:
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return made
