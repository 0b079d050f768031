"""One item: what was said, where it went, and why."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from workers.archive.queries import ItemSeen, item, part_text
from workers.web.filters import BadQueryError
from workers.web.site import Site
from workers.web.text.visible import visible
from workers.web.view.labels import labels_of, words_that_hold

__all__ = ["identifier", "router"]

_MAX_ID = 768


def identifier(request: Request, name: str = "id") -> str:
    """A parameter that names something; raises ``BadQueryError``."""
    value = request.query_params.get(name, "")
    if not value or len(value) > _MAX_ID or "\x00" in value:
        raise BadQueryError(f"{name} is missing or no id: open this page from a list")
    return value


def router(site: Site) -> APIRouter:
    """The pages at ``/item`` and ``/item/text``."""
    made = APIRouter()

    @made.get("/item")
    def show(request: Request) -> HTMLResponse:
        item_id = identifier(request)
        with site.reading() as connection:
            seen = item(connection, item_id)
            frame = site.frame(connection)
        if seen is None:
            return _missing(site)
        return site.render(
            "item.html",
            path="/",
            frame=frame,
            item=seen,
            words=words_that_hold(seen),
            labels=labels_of(seen, site.names),
            customer=_customer(seen),
        )

    @made.get("/item/text")
    def text(request: Request) -> Response:
        item_id, part_id = identifier(request), identifier(request, "part")
        with site.reading() as connection:
            whole = part_text(connection, item_id, part_id)
        return _missing(site) if whole is None else PlainTextResponse(visible(whole))

    return made


def _missing(site: Site) -> HTMLResponse:
    return site.problem(
        "No such item",
        "The archive does not know it. If it has only just arrived, it is here in a few seconds; "
        "if it is old, its topic may not hold it any more.",
        status=404,
        path="/",
    )


def _customer(seen: ItemSeen) -> list[tuple[str, str]]:
    facts = (
        ("Customer", seen.customer_name or seen.customer_id),
        ("Organisation", seen.organization_name),
        ("Plan", seen.customer_tier),
    )
    return [(name, value) for name, value in facts if value]
