"""The inbox page."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from schemas.feedback import Kind, Urgency
from workers.archive.queries import (
    NOBODY,
    URGENT,
    Choices,
    Connection,
    State,
    choices,
    inbox_page,
    newest_item,
)
from workers.web.filters import InboxQuery, cursors
from workers.web.site import Site
from workers.web.text.words import language, words

__all__ = ["router"]

_SINCE = {"24h": "Last 24 hours", "7d": "Last 7 days", "30d": "Last 30 days", "90d": "Last 90 days"}
_STATES = {
    State.ANNOUNCED.value: "Announced",
    State.HISTORY.value: "History, not announced",
    State.UNROUTED.value: "Not routed yet",
}


@dataclass(frozen=True, slots=True)
class Option:
    """One entry of a menu."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Field:
    """One menu of the filter."""

    name: str
    label: str
    any: str
    options: tuple[Option, ...]
    value: str

    def shown(self) -> str:
        """The chosen value as a reader knows it."""
        return next((o.label for o in self.options if o.value == self.value), self.value)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A filter in use, and the address without it."""

    label: str
    value: str
    without: str


@dataclass(frozen=True, slots=True)
class Empty:
    """Why a page has nothing to show, and what to do."""

    title: str
    text: str
    command: str = ""
    href: str = ""
    action: str = ""


def router(site: Site) -> APIRouter:
    """The page at ``/``."""
    made = APIRouter()

    @made.get("/")
    def inbox(request: Request) -> HTMLResponse:
        query = InboxQuery.read(request.query_params)
        after, before = cursors(request.query_params)
        with site.reading() as connection:
            page = inbox_page(
                connection,
                query.narrow(site.now()),
                after=after,
                before=before,
                limit=site.options.page_size,
            )
            fields = _fields(site, query, choices(connection))
            newest = newest_item(connection)
            empty = None if page.rows else _empty(site, connection, query)
            frame = site.frame(connection)
        return site.render(
            "inbox.html",
            path="/",
            frame=frame,
            page=page,
            query=query,
            fields=fields,
            chosen=_chosen(query, fields),
            link=query.address,
            here=query.address(),
            newest=newest.encode() if newest else "",
            empty=empty,
        )

    return made


def _fields(site: Site, query: InboxQuery, present: Choices) -> tuple[Field, ...]:
    names = site.names
    configured = site.configuration.sources if site.configuration else ()
    nobody = Option(NOBODY, "Nobody")

    def of(known: dict[str, str], occurring: tuple[str, ...]) -> tuple[Option, ...]:
        labels = {**dict.fromkeys(occurring, ""), **known}
        listed = [Option(value, label or value) for value, label in labels.items()]
        return tuple(sorted(listed, key=lambda option: option.label.casefold()))

    def field(name: str, label: str, anything: str, options: tuple[Option, ...]) -> Field:
        value = getattr(query, name)
        if value and all(option.value != value for option in options):
            options = (*options, Option(value, value))
        return Field(name, label, anything, options, value)

    return (
        field("owner", "Owner", "Anybody", (*of(names.people, present.owners), nobody)),
        field("team", "Team", "Any team", of(names.teams, present.teams)),
        field("kind", "Kind", "Any kind", tuple(Option(k.value, words(k.value)) for k in Kind)),
        field(
            "area",
            "Product area",
            "Any area",
            (*of(names.areas, present.areas), Option(NOBODY, "None")),
        ),
        field(
            "urgency",
            "Urgency",
            "Any urgency",
            (
                Option(URGENT, "High and critical"),
                *(Option(u.value, words(u.value)) for u in reversed(Urgency)),
            ),
        ),
        field(
            "source",
            "Source",
            "Any source",
            of({source.name: "" for source in configured}, present.sources),
        ),
        field(
            "language",
            "Language",
            "Any language",
            of({code: language(code) for code in present.languages}, ()),
        ),
        field(
            "since",
            "Last activity",
            "At any time",
            tuple(Option(value, label) for value, label in _SINCE.items()),
        ),
        field(
            "state",
            "State",
            "Any state",
            tuple(Option(value, label) for value, label in _STATES.items()),
        ),
    )


def _chosen(query: InboxQuery, fields: tuple[Field, ...]) -> list[Chosen]:
    chosen = [Chosen("Search", query.q, query.without("q"))] if query.q else []
    chosen += [
        Chosen(field.label, field.shown(), query.without(field.name))
        for field in fields
        if field.value
    ]
    return chosen


def _empty(site: Site, connection: Connection, query: InboxQuery) -> Empty:
    if query.chosen():
        return Empty(
            "Nothing matches these filters",
            "There may be items that match some of them.",
            href="/",
            action="Clear all filters",
        )
    if newest_item(connection) is not None:
        return Empty(
            "No items on this page",
            "The page before held the last of them.",
            href="/",
            action="Back to the newest",
        )
    configured = site.configuration.sources if site.configuration else ()
    if not configured:
        return Empty(
            "Nothing has arrived yet",
            "No source is configured. Name the tools your customers write to in sources.yaml; "
            "or watch the demonstration first:",
            command="productops demo",
        )
    listed = ", ".join(source.name for source in configured)
    return Empty(
        "Nothing has arrived yet",
        f"The sources ({listed}) are read by the connectors role; the Sources page says how they "
        "are. Start every role with:",
        command="productops run",
    )
