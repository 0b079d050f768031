"""The addresses under ``/api``."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request

from workers.archive.queries import (
    dead_letter,
    dead_letter_page,
    freshness,
    inbox_page,
    item,
    message_page,
    newest_item,
)
from workers.web.api.models import (
    DeadLetterAnswer,
    DeadLetterList,
    ItemAnswer,
    ItemList,
    MessageList,
    Pulse,
    SourceList,
)
from workers.web.filters import InboxQuery, cursors
from workers.web.pages.item import identifier
from workers.web.pages.letter_query import LetterQuery
from workers.web.pages.messages import chosen_outcome
from workers.web.pages.sources import states
from workers.web.site import Site
from workers.web.view.age import age_of

__all__ = ["router"]


def router(site: Site) -> APIRouter:
    """Every address of the API; all of them only read."""
    made = APIRouter(prefix="/api", tags=["read"])
    sample = site.options.sample

    @made.get("/items", summary="The inbox, with the filters of the page")
    def items(
        request: Request,
        given: Annotated[InboxQuery, Depends()],
        after: str = "",
        before: str = "",
    ) -> ItemList:
        query = InboxQuery.read(asdict(given))
        del after, before  # declared for the description; read with the page's own checks
        older, newer = cursors(request.query_params)
        with site.reading() as connection:
            page = inbox_page(
                connection,
                query.narrow(site.now()),
                after=older,
                before=newer,
                limit=site.options.page_size,
            )
            return ItemList(page.rows, page.older, page.newer, freshness(connection), sample)

    @made.get("/item", summary="One item in full")
    def one_item(request: Request, id: str = "") -> ItemAnswer:  # noqa: A002 - its name in the address
        del id
        item_id = identifier(request)
        with site.reading() as connection:
            seen = item(connection, item_id)
            if seen is None:
                raise HTTPException(404, "The archive knows no item of this id.")
            return ItemAnswer(seen, freshness(connection), sample)

    @made.get("/messages", summary="Messages and how they ended")
    def messages(
        request: Request, outcome: str = "", after: str = "", before: str = ""
    ) -> MessageList:
        del outcome, after, before
        ended = chosen_outcome(request)
        older, newer = cursors(request.query_params)
        with site.reading() as connection:
            page = message_page(connection, ended or None, after=older, before=newer)
            return MessageList(page.rows, page.older, page.newer, freshness(connection), sample)

    @made.get("/sources", summary="Sources and how they are")
    def all_sources() -> SourceList:
        with site.reading() as connection:
            return SourceList(states(site, connection), freshness(connection), sample)

    @made.get("/dead-letters", summary="Dead letters, without their bytes")
    def dead_letters(
        request: Request,
        *,
        topic: str = "",
        source: str = "",
        error_class: str = "",
        since: str = "",
        until: str = "",
        key: str = "",
        key_hex: str = "",
        settled: str = "",
        after: str = "",
        before: str = "",
    ) -> DeadLetterList:
        del topic, source, error_class, since, until, key, key_hex, settled, after, before
        chosen = LetterQuery.read(request.query_params).in_archive(site.now())
        older, newer = cursors(request.query_params)
        with site.reading() as connection:
            page = dead_letter_page(connection, chosen, after=older, before=newer)
            return DeadLetterList(page.rows, page.older, page.newer, freshness(connection), sample)

    @made.get("/dead-letter", summary="One dead letter with its bytes")
    def one_dead_letter(request: Request, id: str = "") -> DeadLetterAnswer:  # noqa: A002 - its name in the address
        del id
        letter_id = identifier(request)
        with site.reading() as connection:
            seen = dead_letter(connection, letter_id)
        if seen is None:
            raise HTTPException(404, "The archive knows no dead letter of this id.")
        return DeadLetterAnswer.of(seen)

    @made.get("/pulse", summary="Whether there is anything new")
    def pulse() -> Pulse:
        with site.reading() as connection:
            newest = newest_item(connection)
            age = age_of(freshness(connection), site.now())
        return Pulse(newest.encode() if newest else "", age.text, age.tone)

    return made
