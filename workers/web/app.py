"""The web application: pages, JSON API, health and metrics behind one guard."""

from typing import Any

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from connectors.base.contract import Clock
from workers import __version__
from workers.archive.queries import ArchiveUnavailableError, Engine
from workers.config.load import Configuration
from workers.letters.seam import LetterActions
from workers.observability.metrics import Metrics
from workers.web import health
from workers.web.api import routes as api
from workers.web.filters import BadQueryError
from workers.web.guard import Guard
from workers.web.meter import Meter
from workers.web.options import WebOptions
from workers.web.pages import (
    dead_letters,
    inbox,
    item,
    letter_actions,
    many_letters,
    messages,
    sources,
)
from workers.web.site import Site

__all__ = ["create_app"]

_FOR_GOOD = "public, max-age=31536000, immutable"


def create_app(
    engine: Engine,
    *,
    configuration: Configuration | None,
    clock: Clock,
    metrics: Metrics,
    options: WebOptions | None = None,
    letters: LetterActions | None = None,
) -> FastAPI:
    """The ASGI application over a read model.

    ``engine`` may be read-only; nothing is ever written to it. ``letters`` is what the pages can
    do with dead letters; without it they only show them. ``configuration`` gives names and
    the sources that should be there; without it ids are shown. Requests block on the
    database in threads, so a slow query does not hold up the others.
    """
    options = options or WebOptions()
    site = Site(engine, configuration, clock, options, letters)

    async def failed(scope: Scope) -> Response:
        return _answer(
            site,
            Request(scope),
            500,
            "Something went wrong here",
            "The page could not be made. The log of the web role says why; everything else "
            "goes on.",
        )

    app = FastAPI(
        title="ProductOps workers",
        version=__version__,
        description="What the pages show, as JSON. It only reads.",
        docs_url=None,  # the interactive documents load scripts from elsewhere
        redoc_url=None,
        openapi_url="/api/openapi.json",
        middleware=[
            Middleware(Meter, metrics=metrics, clock=clock),
            Middleware(Guard, options=options, failed=failed),
        ],
    )
    _handle_errors(app, site)
    _serve_assets(app, site)
    for part in (inbox, item, messages, sources, dead_letters, letter_actions, many_letters):
        app.include_router(part.router(site), include_in_schema=False)
    app.include_router(api.router(site))
    app.include_router(health.router(site, metrics))
    return app


def _answer(site: Site, request: Request, status: int, title: str, text: str) -> Response:
    """The same problem as JSON under ``/api``, as a page elsewhere."""
    if request.url.path.startswith("/api"):
        return JSONResponse({"error": title, "text": text}, status_code=status)
    return site.problem(title, text, status=status)


def _handle_errors(app: FastAPI, site: Site) -> None:
    # Not coroutines: they may read the archive for the frame, so they belong in a thread.
    def refused(request: Request, error: Any) -> Response:
        return _answer(site, request, 400, "This address asks for something unknown", f"{error}.")

    def unavailable(request: Request, error: Any) -> Response:
        return _answer(site, request, 503, "The archive cannot be read", str(error))

    def other(request: Request, error: HTTPException) -> Response:
        titles = {404: "No such page", 405: "Pages here are only read"}
        texts = {404: "The address leads nowhere.", 405: "Ask with GET."}
        title = titles.get(error.status_code, "This did not work")
        detail = str(error.detail)
        known = detail not in {"Not Found", "Method Not Allowed"}
        text = detail if known else texts.get(error.status_code, detail)
        response = _answer(site, request, error.status_code, title, text)
        response.headers.update(error.headers or {})
        return response

    handlers: dict[type[Exception], Any] = {
        BadQueryError: refused,
        ArchiveUnavailableError: unavailable,
        HTTPException: other,
    }
    for raised, handler in handlers.items():
        app.add_exception_handler(raised, handler)


def _serve_assets(app: FastAPI, site: Site) -> None:
    @app.get("/static/{name}", include_in_schema=False)
    async def asset(name: str) -> Response:
        found = site.assets.get(name)
        if found is None:
            raise HTTPException(404)
        return Response(
            found.content, media_type=found.media_type, headers={"cache-control": _FOR_GOOD}
        )
